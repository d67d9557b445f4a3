"""Extension headers of IPv6 (RFC 8200, section 4).

Hop-by-hop options, destination options and a routing header with no segments left are stepped
over, and so is the Fragment header of a whole datagram: an atomic fragment has nothing to do with
others of the same identification (RFC 6946, 4). What cannot be passed is either dropped in silence
or a `Problem`, which the sender is told of. Positions count from the datagram's first octet.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpref.ipv4 import PROTOCOL_TCP
from tcpref.ipv6 import HEADER_OCTETS

HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT = 44
NO_NEXT_HEADER = 59
DESTINATION_OPTIONS = 60

FRAGMENT_OCTETS = 8
#: The longest payload, as long as the longest datagram of IPv4 (RFC 8200, 3; RFC 791, 3.1).
LONGEST = 65_535
#: The shortest header of TCP.
TCP_OCTETS = 20

# Codes of the ICMPv6 message Parameter Problem (RFC 4443, 3.4; RFC 7112, 5).
ERRONEOUS_FIELD = 0
UNKNOWN_HEADER = 1
UNKNOWN_OPTION = 2
INCOMPLETE_CHAIN = 3

EXTENSIONS = frozenset({HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING, FRAGMENT})
#: Where the fixed header has its payload length and the kind of the header that follows.
LENGTH_AT = 4
NEXT_HEADER_AT = 6
_PAD1 = 0


class Problem(NamedTuple):
    """Why a datagram is refused, and at which octet."""

    code: int
    pointer: int


#: Of a datagram that is dropped without a word.
SILENT = Problem(ERRONEOUS_FIELD, 0)


class Passed(NamedTuple):
    """What stands behind the headers: its kind, where it begins and where its kind is named.

    The kind is FRAGMENT before a piece of a datagram.
    """

    kind: int
    position: int
    named_at: int


def pass_over(octets: bytes, position: int, named_at: int) -> Passed | Problem | None:
    """Go on over extension headers from `position`; None to drop the datagram in silence.

    `octets` end where the datagram does. Hop-by-hop options stand first or not at all (4.1).
    """
    while (kind := octets[named_at]) in EXTENSIONS:
        if kind == HOP_BY_HOP and named_at != NEXT_HEADER_AT:
            return Problem(UNKNOWN_HEADER, named_at)
        size = header_size(octets, position, kind)
        if size is None:
            return None
        if kind == FRAGMENT:
            if is_piece(octets, position):
                break
        elif (refused := check_header(octets, position, size, kind)) is not None:
            return None if refused is SILENT else refused
        named_at, position = position, position + size
    return None if kind == NO_NEXT_HEADER else Passed(kind, position, named_at)


def behind_all(kind: int, payload: bytes) -> tuple[int, bytes]:
    """What stands behind all extension headers, whatever they ask for: its kind and its octets,
    none where the datagram ends before.

    `kind` is that of the first header in the payload.
    """
    position = 0
    while kind in EXTENSIONS:
        size = header_size(payload, position, kind)
        if size is None:
            return kind, b""
        kind, position = payload[position], position + size
    return kind, payload[position:]


def header_size(octets: bytes, position: int, kind: int) -> int | None:
    """How long an extension header is; None where the datagram ends within it."""
    if position + 8 > len(octets):
        return None
    size = FRAGMENT_OCTETS if kind == FRAGMENT else 8 * (octets[position + 1] + 1)
    return size if position + size <= len(octets) else None


def check_header(octets: bytes, position: int, size: int, kind: int) -> Problem | None:
    """What keeps the datagram from going on behind this header, if anything does.

    A routing header of whatever type is passed only with no segments left (4.4), which holds for
    type 0 as well (RFC 5095, 3).
    """
    if kind == ROUTING:
        return Problem(ERRONEOUS_FIELD, position + 2) if octets[position + 3] else None
    return check_options(octets, position + 2, position + size)


def check_options(octets: bytes, position: int, end: int) -> Problem | None:
    """The two highest bits of an unknown option say what becomes of the datagram (4.2).

    00 skips the option, 01 drops the datagram, 10 and 11 have the sender told: 11 unless the
    destination is multicast, which none of ours is.
    """
    while position < end:
        kind = octets[position]
        if kind == _PAD1:
            position += 1
            continue
        if kind >> 6:
            return SILENT if kind >> 6 == 1 else Problem(UNKNOWN_OPTION, position)
        if position + 1 >= end:
            return SILENT
        position += 2 + octets[position + 1]
    return None if position == end else SILENT


def is_piece(octets: bytes, position: int) -> bool:
    """Whether the Fragment header marks a part of a datagram rather than a whole one (4.5)."""
    start, last, _ = read_fragment(octets, position)
    return start > 0 or not last


def read_fragment(octets: bytes, position: int) -> tuple[int, bool, int]:
    """Of a Fragment header: the offset in octets, whether the piece is the last one, and the
    identification.
    """
    field = int.from_bytes(octets[position + 2 : position + 4], "big")
    ident = int.from_bytes(octets[position + 4 : position + 8], "big")
    return field & 0xFFF8, not field & 1, ident


def piece_problem(octets: bytes, passed: Passed) -> Problem | None:
    """What RFC 8200, 4.5 lists as errors of a piece: its length, the whole's length, and a first
    one without all the headers.
    """
    start, last, _ = read_fragment(octets, passed.position)
    size = len(octets) - passed.position - FRAGMENT_OCTETS
    if not last and size % 8:
        return Problem(ERRONEOUS_FIELD, LENGTH_AT)
    if passed.position - HEADER_OCTETS + start + size > LONGEST:
        return Problem(ERRONEOUS_FIELD, passed.position + 2)
    if start == 0 and not chain_complete(octets, passed.position):
        return Problem(INCOMPLETE_CHAIN, 0)
    return None


def chain_complete(octets: bytes, position: int) -> bool:
    """Whether a first piece goes on to the end of TCP's header, or to that of another protocol."""
    behind = pass_over(octets, position + FRAGMENT_OCTETS, position)
    if isinstance(behind, Problem):
        return True  # It comes to light again once the datagram is whole.
    if behind is None:
        return False
    return behind.kind != PROTOCOL_TCP or len(octets) - behind.position >= TCP_OCTETS


def without_fragmentation(first: bytes, payload: bytes) -> bytes | None:
    """The datagram that was cut in pieces: what the first one has before its Fragment header, and
    the whole payload. None where it would be too long.
    """
    passed = pass_over(first, HEADER_OCTETS, NEXT_HEADER_AT)
    if not isinstance(passed, Passed):
        return None
    before = bytearray(first[: passed.position])
    length = len(before) - HEADER_OCTETS + len(payload)
    if length > LONGEST:
        return None
    before[passed.named_at] = first[passed.position]
    before[LENGTH_AT : LENGTH_AT + 2] = length.to_bytes(2, "big")
    return bytes(before) + payload
