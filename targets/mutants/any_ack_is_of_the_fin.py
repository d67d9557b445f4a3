"""A connection that was closed with text in flight is forgotten before the text has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-ACK-FW1-DATAONLY"


def fin_acked(tcb: Tcb) -> bool:
    return tcb.fin_sent


def plant(patch: Patch) -> None:
    patch(Tcb, "fin_acked", property(fin_acked))
