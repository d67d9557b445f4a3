"""TCP options (RFC 9293, 3.1 and 3.2).

Kind 0 ends the list, kind 1 pads by one octet; every other kind carries its length (MUST-68). An
unknown kind is skipped by that length (MUST-6). An impossible length ends the list: what stood
before it counts, the rest is not read (MUST-7).
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

END_OF_LIST = 0
NO_OPERATION = 1
MAXIMUM_SEGMENT_SIZE = 2
WINDOW_SCALE = 3
SACK_PERMITTED = 4
SACK = 5
TIMESTAMPS = 8
USER_TIMEOUT = 28
FAST_OPEN = 34

#: Room for options in a header (RFC 9293, 3.1).
MOST_OPTION_OCTETS = 40

#: Octets of the timestamps option as it is sent: two paddings in front (RFC 7323, appendix A).
TIMESTAMP_OCTETS = 12
#: What the SACK option takes beside its blocks: two paddings, kind and length.
SACK_OCTETS = 4

#: The User Timeout option: its granularity bit, and the largest number behind that (RFC 5482, 3.3).
IN_MINUTES = 0x8000
LARGEST_TIMEOUT = 0x7FFF
#: What a cookie may measure; 0 asks for one (RFC 7413, 4.1.1).
COOKIE_LENGTHS = frozenset({0, 4, 6, 8, 10, 12, 14, 16})

_ALIGNED_TIMESTAMPS = Struct("!III")
_ALIGNED = 0x0101080A
_ALIGNED_OCTETS = b"\x01\x01\x08\x0a"
_TWO_NUMBERS = Struct("!II")


class Options(NamedTuple):
    """The options of a segment that the stack understands; None where one is absent.

    `wscale` is the shift count as it stands there, `tsval` and `tsecr` come together (RFC 7323).
    `user_timeout` is in seconds (RFC 5482, 3.3).
    `fast_open` is a cookie, empty where one is asked for (RFC 7413).
    `sack` are the blocks of a SACK option, each with its left and its right edge (RFC 2018, 3).
    """

    mss: int | None = None
    wscale: int | None = None
    tsval: int | None = None
    tsecr: int = 0
    sack_permitted: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    user_timeout: int | None = None
    fast_open: bytes | None = None


NO_OPTIONS = Options()


def parse_options(octets: bytes) -> Options:
    """Read the option area of a header; never raises, whatever the octets."""
    if len(octets) == TIMESTAMP_OCTETS and octets.startswith(_ALIGNED_OCTETS):
        _, tsval, tsecr = _ALIGNED_TIMESTAMPS.unpack(octets)
        return Options(None, None, tsval, tsecr)
    return read_options(octets)


def read_options(octets: bytes) -> Options:
    """The values of an option area in any order; of an option given twice the last counts."""
    mss = wscale = tsval = timeout = cookie = None
    tsecr = 0
    permitted = False
    blocks: tuple[tuple[int, int], ...] = ()
    position, end = 0, len(octets)
    while position < end:
        kind = octets[position]
        if kind == END_OF_LIST:
            break
        if kind == NO_OPERATION:
            position += 1
            continue
        length = octets[position + 1] if position + 1 < end else 0
        if length < 2 or position + length > end:
            break
        if kind == MAXIMUM_SEGMENT_SIZE and length == 4:
            mss = int.from_bytes(octets[position + 2 : position + 4], "big")
        elif kind == WINDOW_SCALE and length == 3:
            wscale = octets[position + 2]
        elif kind == TIMESTAMPS and length == 10:
            tsval, tsecr = _TWO_NUMBERS.unpack_from(octets, position + 2)
        elif kind == SACK_PERMITTED and length == 2:
            permitted = True
        elif kind == SACK and length % 8 == 2:
            blocks = tuple(_TWO_NUMBERS.iter_unpack(octets[position + 2 : position + length]))
        elif kind == USER_TIMEOUT and length == 4:
            timeout = user_timeout(octets[position + 2 : position + 4])
        elif kind == FAST_OPEN and length - 2 in COOKIE_LENGTHS:
            cookie = octets[position + 2 : position + length]
        position += length
    return Options(mss, wscale, tsval, tsecr, permitted, blocks, timeout, cookie)


def user_timeout(octets: bytes) -> int | None:
    """Seconds from the two octets of the User Timeout option; zero is reserved, and ignored."""
    field = int.from_bytes(octets, "big")
    value = field & LARGEST_TIMEOUT
    return (60 * value if field & IN_MINUTES else value) or None


def build_user_timeout(seconds: int) -> bytes:
    """The User Timeout option; what 15 bits cannot say in seconds goes up to whole minutes."""
    field = max(1, seconds)
    if field > LARGEST_TIMEOUT:
        field = min(-(-field // 60), LARGEST_TIMEOUT) | IN_MINUTES
    return bytes((USER_TIMEOUT, 4)) + field.to_bytes(2, "big")


def build_mss(mss: int) -> bytes:
    """The Maximum Segment Size option; it stands in SYN segments only (MUST-65)."""
    return bytes((MAXIMUM_SEGMENT_SIZE, 4, mss >> 8, mss & 0xFF))


def build_window_scale(shift: int) -> bytes:
    """The Window Scale option behind a padding; in SYN segments only (RFC 7323, 2.2)."""
    return bytes((NO_OPERATION, WINDOW_SCALE, 3, shift))


def build_sack_permitted() -> bytes:
    """The SACK-permitted option behind two paddings; in SYN segments only (RFC 2018, 2)."""
    return bytes((NO_OPERATION, NO_OPERATION, SACK_PERMITTED, 2))


def build_sack(blocks: Sequence[tuple[int, int]]) -> bytes:
    """The SACK option behind two paddings (RFC 2018, 3)."""
    head = bytes((NO_OPERATION, NO_OPERATION, SACK, 2 + 8 * len(blocks)))
    return head + b"".join(_TWO_NUMBERS.pack(left, right) for left, right in blocks)


def build_timestamps(tsval: int, tsecr: int) -> bytes:
    """The Timestamps option behind two paddings (RFC 7323, appendix A)."""
    return _ALIGNED_TIMESTAMPS.pack(_ALIGNED, tsval, tsecr)


def build_fast_open(cookie: bytes) -> bytes:
    """The Fast Open option behind paddings; in SYN segments only (RFC 7413, 4.1.1)."""
    padding = bytes((NO_OPERATION,)) * (-(2 + len(cookie)) % 4)
    return padding + bytes((FAST_OPEN, 2 + len(cookie))) + cookie


def without_padding(octets: bytes) -> bytes:
    """The same options with paddings at their end only, for where room is short."""
    kept, position = b"", 0
    while position < len(octets):
        length = 1 if octets[position] == NO_OPERATION else octets[position + 1]
        kept += octets[position : position + length] if length > 1 else b""
        position += length
    return kept + bytes((NO_OPERATION,)) * (-len(kept) % 4)
