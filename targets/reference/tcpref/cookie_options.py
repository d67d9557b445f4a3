"""Options of a SYN that was answered with a cookie, carried by the timestamp of its SYN,ACK.

Whoever answers by cookie forgets the SYN (`cookies`). A peer with timestamps sends TSval back as
TSecr (RFC 7323, 3.2), so the lowest bits of TSval can hold what else the SYN has offered, for as
long as it takes: its window scale, whether it permits SACK, whether it can do ECN. The clock is
set back to the last moment with these bits, 64 ms at most, so that TSval never goes back after it.

Nobody is bound to send back what he got; then he harms his own connection only.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpref import seq

#: Bits of TSval that are taken.
BITS = 6
_MASK = (1 << BITS) - 1
#: The shift that stands for none: the largest that counts is 14 (RFC 7323, 2.3).
_NO_SHIFT = 15
_SACK = 1 << 4
_ECN = 1 << 5


class Carried(NamedTuple):
    """What both ends have agreed on; `wscale` is the peer's shift count, None without scaling."""

    wscale: int | None = None
    sack: bool = False
    ecn: bool = False


def stamp(carried: Carried, clock: int) -> int:
    """The TSval that carries it: at `clock` (ticks), or less than 2^BITS ticks before."""
    shift = _NO_SHIFT if carried.wscale is None else min(carried.wscale, _NO_SHIFT - 1)
    bits = shift | (_SACK if carried.sack else 0) | (_ECN if carried.ecn else 0)
    tsval = clock & ~_MASK | bits
    return seq.add(tsval, -(1 << BITS)) if seq.after(tsval, clock) else tsval


def read(tsecr: int) -> Carried:
    """What the TSval that has come back carries."""
    shift = tsecr & _NO_SHIFT
    return Carried(None if shift == _NO_SHIFT else shift, bool(tsecr & _SACK), bool(tsecr & _ECN))
