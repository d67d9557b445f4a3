"""Agent protocol, version 1: frames. docs/targets.md describes every message with its octets.

A frame is `u32 length, u8 type, u32 step, u16 process, body` in network byte order; `length` counts
the octets after itself (7 and the body's). The octets are the same on a stream, on a
SOCK_SEQPACKET pair and on a raw terminal. Nobody resynchronises: a bad frame ends the stack.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from reprlib import Repr
from typing import Final, NamedTuple

from tcpassay.core.errors import AgentFault

#: The version that HELLO names.
PROTOCOL: Final = 1

#: The longest frame, in octets after the length field.
MAX_LENGTH: Final = 1 << 20

#: Exit status of an agent that gives up for a reason of its own.
EX_AGENT: Final = 70


class Type(IntEnum):
    """Kinds of message: below 0x80 from the tester, from 0x80 on from the agent."""

    START = 0x01
    DATAGRAM = 0x02
    CALL = 0x03
    CANCEL = 0x04
    ADVANCE = 0x05
    READ_STATE = 0x06
    READ_STATS = 0x07
    SPAWN = 0x08
    KILL = 0x09
    BYE = 0x0A

    HELLO = 0x80
    REFUSED = 0x81
    SENT = 0x82
    RETURN = 0x83
    SIGNAL = 0x84
    EXIT = 0x85
    LOG = 0x86
    STATE = 0x87
    STATS = 0x88
    TIME = 0x89
    IDLE = 0x8A


class ProtocolError(AgentFault):
    """A frame or a message that version 1 does not allow."""


class Frame(NamedTuple):
    """One frame. `step` is the command's number, `process` whom it concerns, 0 for nobody."""

    type: int
    step: int
    process: int
    body: bytes


#: Values in messages: nobody wants to read a mebibyte of them, nor to go as deep.
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80
shown: Final = _SHORT.repr

_HEADER: Final = struct.Struct("!IBIH")
_HEADER_SIZE: Final = _HEADER.size
_FIXED: Final = 7
#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new: Final = tuple.__new__
_TYPES: Final = frozenset(int(each) for each in Type)


def encode(kind: int, step: int, process: int, body: bytes) -> bytes:
    """The octets of one frame. Raises ProtocolError when it would be too long."""
    length = _FIXED + len(body)
    if length > MAX_LENGTH:
        raise ProtocolError(f"frame of {length} octets, wanted at most {MAX_LENGTH}")
    return _HEADER.pack(length, kind, step, process) + body


class Decoder:
    """Octets in, as they arrive; whole frames out."""

    __slots__ = ("_bad", "_buffer")

    def __init__(self) -> None:
        self._buffer = b""
        self._bad: ProtocolError | None = None

    def feed(self, octets: bytes) -> list[Frame]:
        """The frames that `octets` complete. Raises ProtocolError when the first of them is bad;
        where frames come before a bad one, `check` raises it.
        """
        self.check()
        buffer = self._buffer + octets if self._buffer else octets
        frames: list[Frame] = []
        at = 0
        size = len(buffer)
        while size - at >= _HEADER_SIZE:
            length, kind, step, process = _HEADER.unpack_from(buffer, at)
            if kind not in _TYPES or not _FIXED <= length <= MAX_LENGTH:
                self._bad = _bad_header(length, kind, buffer[at : at + _HEADER_SIZE])
                break
            end = at + 4 + length
            if end > size:
                break
            frames.append(_new(Frame, (kind, step, process, buffer[at + _HEADER_SIZE : end])))
            at = end
        self._buffer = buffer[at:]
        if not frames:
            self.check()
        return frames

    def check(self) -> None:
        """Raise ProtocolError where the frames that `feed` gave last were followed by a bad one."""
        if self._bad is not None:
            raise self._bad

    @property
    def pending(self) -> int:
        """Octets of a frame that has not ended yet."""
        return len(self._buffer)


def _bad_header(length: int, kind: int, header: bytes) -> ProtocolError:
    if not _FIXED <= length <= MAX_LENGTH:
        return ProtocolError(
            f"frame length {length}, wanted {_FIXED} to {MAX_LENGTH} (header {header.hex()})"
        )
    return ProtocolError(f"frame type 0x{kind:02x}, which version {PROTOCOL} lacks")
