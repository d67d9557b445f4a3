"""Options in the header of an IPv4 datagram that has come (RFC 791, 3.1; RFC 1122, 3.2.1.8).

What we have no use for is skipped (RFC 9293, MUST-50): timestamp, record route, router alert,
whatever else. A datagram that carries a source route is dropped, as RFC 7126 (4.3 and 4.4) advises,
unless the setting `source_routes` is on: then `source_route` follows it.
"""

from __future__ import annotations

END_OF_LIST = 0
NO_OPERATION = 1
LOOSE_SOURCE_ROUTE = 131
STRICT_SOURCE_ROUTE = 137

_SOURCE_ROUTES = frozenset({LOOSE_SOURCE_ROUTE, STRICT_SOURCE_ROUTE})


def read_kinds(octets: bytes) -> tuple[frozenset[int], int | None]:
    """The kinds of options up to the end of the list, and where the list is ill-formed.

    The place counts from the first option; None where every length is possible.
    """
    kinds: set[int] = set()
    position, end = 0, len(octets)
    while position < end and octets[position] != END_OF_LIST:
        if octets[position] == NO_OPERATION:
            position += 1
            continue
        length = octets[position + 1] if position + 1 < end else 0
        if length < 2 or position + length > end:
            return frozenset(kinds), position
        kinds.add(octets[position])
        position += length
    return frozenset(kinds), None


def has_source_route(kinds: frozenset[int]) -> bool:
    """Whether the sender chose the way."""
    return bool(kinds & _SOURCE_ROUTES)
