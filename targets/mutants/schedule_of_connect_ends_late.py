"""A program waits a quarter of a minute too long for a host that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import syn_schedule
from tcpref.syn_schedule import SECOND, waits_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-24"
TARGET = "reference-documents"


def patient(tcb: Tcb) -> tuple[int, ...]:
    waits = waits_of(tcb)
    return (*waits[:-1], waits[-1] + 15 * SECOND) if waits else ()


def plant(patch: Patch) -> None:
    patch(syn_schedule, "waits_of", patient)
