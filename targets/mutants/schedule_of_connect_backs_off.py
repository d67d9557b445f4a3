"""A connect() to a host that boots for half a minute fails by then: its SYNs go at other times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import syn_schedule

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-24"
TARGET = "reference-documents"


def next_wait(tcb: Tcb) -> None:
    tcb.rto.back_off()


def plant(patch: Patch) -> None:
    patch(syn_schedule, "next_wait", next_wait)
