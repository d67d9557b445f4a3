"""Initial sequence numbers of a capture that an outsider could tell (RFC 9293, 3.4.1; RFC 6528).

One number for many connections, or one distance from a clock of 4 microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.oracle.numbers import ALIKE, TICK_NS
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.tcb import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLAUSE = "RFC9293:MUST-9"
#: Distances from the clock that differ by less are one: about 256 microseconds.
BLUR_BITS = 6
#: So many of all have to look alike, one in three: with many connections some do so by chance.
SHARE = 3


class Picked(NamedTuple):
    """The number of a connection's SYN or SYN,ACK; `connection` is its index, `ends` its tuple."""

    connection: int
    ends: tuple[str, int, str, int]
    n: int
    iss: int
    t_ns: int


def alike(picked: Iterable[Picked]) -> Iterator[tuple[int, Finding]]:
    """A finding, by connection, for the third of those that look alike and all behind it."""
    all_of_them = list(picked)
    same: dict[int, list[Picked]] = {}
    near: dict[int, list[Picked]] = {}
    for one in all_of_them:
        same.setdefault(one.iss, []).append(one)
        distance = (one.iss - one.t_ns // TICK_NS) & MASK
        near.setdefault(distance >> BLUR_BITS, []).append(one)
    for groups, why in ((same, "one number"), (near, "one distance from the clock")):
        for group in groups.values():
            tuples = len({one.ends for one in group})
            if tuples >= max(ALIKE, len(all_of_them) / SHARE):
                told = f"{len(group)} of {len(all_of_them)} connections with {why} as ISN"
                right = "an offset of its own for each pair of ends"
                for one in group[ALIKE - 1 :]:
                    yield one.connection, Finding(one.n, CLAUSE, told, right, whole=False)
