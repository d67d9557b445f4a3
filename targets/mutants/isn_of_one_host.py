"""A client learns from its own connection what number another client's will begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn, seq

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC6528:3-FORMULA"

offset = isn.offset


def plant(patch: Patch) -> None:
    def ports_alone(secret: bytes, key: Key, now: int) -> int:
        _, local_port, _, remote_port = key
        return seq.add(isn.clock(now), offset(secret, (b"", local_port, b"", remote_port)))

    patch(isn, "initial_sequence_number", ports_alone)
