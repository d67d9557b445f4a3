"""No window above 64 KiB: a fast line over the ocean is used to a hundredth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options

REQUIREMENT = "RFC7323:2.3-SYNACK-REPLY"


negotiate = Tcb.negotiate


def as_client_only(tcb: Tcb, options: Options, now: int) -> None:
    negotiate(tcb, options._replace(wscale=None) if tcb.passive else options, now)


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", as_client_only)
