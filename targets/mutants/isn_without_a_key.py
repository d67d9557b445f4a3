"""Whoever knows the two ends of a connection and one number of the host computes all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn, seq

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC6528:3-SECRET"

offset = isn.offset


def plant(patch: Patch) -> None:
    def numbered(_secret: bytes, key: Key, now: int) -> int:
        return seq.add(isn.clock(now), offset(b"", key))

    patch(isn, "initial_sequence_number", numbered)
