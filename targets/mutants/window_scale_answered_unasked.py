"""A peer that does not know window scale gets it in the SYN-ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.options import Options
from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7323:2.2-SYNACK-ONLY-IF"


ASKED = Tcb.negotiate


def unasked(tcb: Tcb, options: Options, now: int) -> None:
    wscale = 0 if options.wscale is None else options.wscale
    ASKED(tcb, options._replace(wscale=wscale), now)


def plant(patch: Patch) -> None:
    patch(Tcb, "negotiate", unasked)
