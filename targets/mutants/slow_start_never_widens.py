"""A download over a long path crawls: an ACK widens the window only where it is still full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reno import Reno

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-19"


def plant(patch: Patch) -> None:
    acknowledged = Reno.acknowledged

    def strict(reno: Reno, tcb: Tcb, octets: int) -> None:
        if tcb.flight - octets >= reno.cwnd:
            acknowledged(reno, tcb, octets)

    patch(Reno, "acknowledged", strict)
