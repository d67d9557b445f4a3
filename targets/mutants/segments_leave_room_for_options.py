"""Every transfer takes more segments than it needs: room is kept for options that nobody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.options import TIMESTAMP_OCTETS
from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-28"


def plant(patch: Patch) -> None:
    choose_size = Tcb.choose_size

    def roomy(tcb: Tcb) -> None:
        choose_size(tcb)
        if not tcb.timestamps:
            tcb.snd_mss = max(1, tcb.snd_mss - TIMESTAMP_OCTETS)

    patch(Tcb, "choose_size", roomy)
