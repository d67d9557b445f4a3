"""A client of one service learns the numbers of the same host's other services from its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn, seq

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC6528:3-FORMULA"

offset = isn.offset


def plant(patch: Patch) -> None:
    def without_own_port(secret: bytes, key: Key, now: int) -> int:
        local, _, remote, remote_port = key
        return seq.add(isn.clock(now), offset(secret, (local, 0, remote, remote_port)))

    patch(isn, "initial_sequence_number", without_own_port)
