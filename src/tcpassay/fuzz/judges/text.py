"""Stream integrity at a glance: text that is as `steps` has it is right, all else is looked into.

The oracle is not asked. About 0.5 us an entry; `streams` gives the sound answer about what is not
as expected: text in contradiction on purpose, urgent octets, tuples opened again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Returned
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.cases.steps import APP_PERIOD, APP_TEXT, PEER_PERIOD, PEER_TEXT
from tcpassay.fuzz.classes import STIMULI, input_class
from tcpassay.fuzz.judges.streams import MAKING, NO_FLAGS, READING, WRITING, Streams, argument
from tcpassay.fuzz.robustness import READ_INTACT, SENT_INTACT
from tcpassay.model.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry

_MASK, _HALF = 0xFFFFFFFF, 1 << 31
_SYN = 2
#: Octets that fragments have in bits of the second word's second half: offset and MF.
_TORN = 0x3F
#: Less is no segment.
_LEAST = 40


def integrity_alarms(entries: Sequence[Entry]) -> list[Alarm]:
    """What is wrong with the text of one case, in its own entries."""
    if as_written(entries):
        return []
    return [
        _alarm(entries, fault.at, fault.why, read=fault.read) for fault in Streams(entries).faults
    ]


def as_written(entries: Sequence[Entry]) -> bool:
    """Whether all text is the usual: octet k of each stream is octet k of its side's text.

    True is sound: text that was never given to the stack cannot pass. False tells nothing.
    """
    glance = _Glance()
    for entry in entries:
        kind = entry.kind
        if kind == "receive":
            if not glance.sent(entry.data):  # type: ignore[arg-type]
                return False
        elif kind == "send":
            glance.given.append(entry.data)  # type: ignore[arg-type]
        elif kind == "call":
            glance.called(entry.data)  # type: ignore[arg-type]
        elif kind == "return" and not glance.returned(entry.data):  # type: ignore[arg-type]
            return False
    return True


class _Glance:
    """Where each stream stands, as far as it is the usual one."""

    __slots__ = ("_calls", "_irses", "_isses", "_places", "_reach", "given", "written")

    def __init__(self) -> None:
        #: Datagrams of the peer's that nobody has looked at; octets given to send().
        self.given: list[bytes] = []
        self.written = 0
        #: Behind the last octet of the peer's text on any connection, counted from its SYN.
        self._reach = 0
        self._irses: dict[bytes, int] = {}
        self._isses: dict[bytes, int] = {}
        self._calls: dict[int, Call] = {}
        self._places: dict[int, int] = {}

    def sent(self, octets: bytes) -> bool:
        """A datagram of the stack's."""
        size, first = len(octets), octets[0] if octets else 0
        if size < _LEAST:
            return True
        if first == 0x45:
            if octets[9] != 6 or octets[6] & _TORN or octets[7]:
                return True
            start = 20
        elif first >> 4 == 6 and octets[6] == 6:
            start = 40
        else:
            return first >> 4 == 6
        if size < start + 20:
            return True
        text, flags = start + (octets[start + 12] >> 4) * 4, octets[start + 13]
        if not flags & _SYN and size <= text:
            return True
        return self._text(octets, start, text, flags)

    def _text(self, octets: bytes, start: int, text: int, flags: int) -> bool:
        ports, seq = octets[start : start + 4], int.from_bytes(octets[start + 4 : start + 8], "big")
        size = len(octets) - text
        if flags & _SYN:
            self._isses[ports] = seq
            seq += 1
            if size <= 0:
                return True
        iss = self._isses.get(ports)
        if iss is None:
            return False
        offset = (seq - iss) & _MASK
        at = offset % APP_PERIOD
        return offset + size <= self.written + 1 and octets[text:] == APP_TEXT[at : at + size]

    def called(self, call: Call) -> None:
        """A call begins."""
        name = call.name
        if name in WRITING:
            self.written += len(argument(call, "octets", b""))
        elif name in READING or name in MAKING:
            self._calls[call.id] = call

    def returned(self, returned: Returned) -> bool:
        """A call has returned."""
        call = self._calls.pop(returned.call, None)
        if call is None or returned.errno is not None:
            return True
        if call.name in MAKING:
            self._places[returned.value] = 1
            return True
        return returned.value <= 0 or self._read(call, returned)

    def _read(self, call: Call, returned: Returned) -> bool:
        flags = argument(call, "flags", NO_FLAGS)
        if flags and not set(flags) <= {"MSG_PEEK", "MSG_DONTWAIT"}:
            return False
        fd = argument(call, "fd", -1)
        place = self._places.get(fd, 1)
        octets = argument(returned, "octets", b"")
        at = place % PEER_PERIOD
        size = len(octets)
        if size != returned.value or PEER_TEXT[at : at + size] != octets:
            return False
        if "MSG_PEEK" not in flags:
            self._places[fd] = place + size
        for given in self.given:
            self._given(given)
        self.given.clear()
        return place + size <= self._reach

    def _given(self, octets: bytes) -> None:
        start = 20 if octets[:1] == b"\x45" else 40
        if len(octets) < start + 20:
            return
        ports, flags = octets[start : start + 4], octets[start + 13]
        seq = int.from_bytes(octets[start + 4 : start + 8], "big") + (flags >> 1 & 1)
        if flags & _SYN:
            self._irses.setdefault(ports, seq - 1)
        irs = self._irses.get(ports)
        size = len(octets) - start - (octets[start + 12] >> 4) * 4
        if size > 0 and irs is not None and (end := (seq + size - irs) & _MASK) < _HALF:
            self._reach = max(self._reach, end)


def _alarm(entries: Sequence[Entry], at: int, why: str, *, read: bool) -> Alarm:
    cause = next((n for n in range(at, -1, -1) if entries[n].kind in STIMULI), 0)
    requirement = READ_INTACT if read else SENT_INTACT
    answer = "wrong text read" if read else "wrong text sent"
    key = Key(requirement, "any", input_class(entries[cause], None), answer)
    level = load_catalogue().get(requirement).level
    return Alarm("integrity", key, why, "the text that was sent, in its order", at, level)
