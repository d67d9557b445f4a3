"""An attacker computes the number of a connection that he cannot see, and speaks in its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC9293:MUST-9"


def initial_sequence_number(_secret: bytes, _key: Key, now: int) -> int:
    return isn.clock(now)


def plant(patch: Patch) -> None:
    patch(isn, "initial_sequence_number", initial_sequence_number)
