"""Text of an old connection is taken for text of the new one: both count from one number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import isn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC9293:MUST-8"


def initial_sequence_number(_secret: bytes, _key: Key, _now: int) -> int:
    return 64_000


def plant(patch: Patch) -> None:
    patch(isn, "initial_sequence_number", initial_sequence_number)
