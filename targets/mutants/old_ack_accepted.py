"""A blind attacker injects text with an acknowledgement number from half of all that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:5.2-ACK-RANGE-LOW"


def plant(patch: Patch) -> None:
    def ack_acceptable(tcb: Tcb, ack: int) -> bool:
        return seq.distance(ack, tcb.snd_una) <= tcb.flight

    patch(steps, "ack_acceptable", ack_acceptable)
