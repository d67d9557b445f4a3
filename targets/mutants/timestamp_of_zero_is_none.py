"""One SYN in four thousand million gets no timestamps: the one whose clock stands at 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options

REQUIREMENT = "RFC7323:3.2-SYNACK-ECHO"


negotiate = Tcb.negotiate


def if_true(tcb: Tcb, options: Options, now: int) -> None:
    negotiate(tcb, options._replace(tsval=options.tsval or None), now)


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", if_true)
