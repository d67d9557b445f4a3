"""What an administrator has turned off is used as soon as a peer offers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options

REQUIREMENT = "RFC7323:2.2-NEGOTIATE"


negotiate = Tcb.negotiate


def whatever_is_offered(tcb: Tcb, options: Options, now: int) -> None:
    tcb.window_scaling = options.wscale is not None
    tcb.timestamps = options.tsval is not None
    negotiate(tcb, options, now)


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", whatever_is_offered)
