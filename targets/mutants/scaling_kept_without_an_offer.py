"""A peer that does not scale has its windows taken for four times what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options

REQUIREMENT = "RFC7323:2.2-NEGOTIATE"


negotiate = Tcb.negotiate


def one_side_is_enough(tcb: Tcb, options: Options, now: int) -> None:
    negotiate(tcb, options, now)
    if options.wscale is None and tcb.settings.window_scale:
        tcb.snd_scale = 2


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", one_side_is_enough)
