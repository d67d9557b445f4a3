"""A connection that the peer has reset lives on where the reset carries SYN as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import check_rst

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-RST-CW"


def syn_first(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    return steps.check_syn(segment) or check_rst(tcb, segment, reset)


def plant(patch: Patch) -> None:
    patch(steps, "check_rst", syn_first)
