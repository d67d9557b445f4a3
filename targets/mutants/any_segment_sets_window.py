"""One forged segment closes the send window for good: its number and its ACK do not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import ACK, RST, SYN
from tcpref.states import steps
from tcpref.states.steps import check_sequence, set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-WND-UPDATE"


def plant(patch: Patch) -> None:
    patch(steps, "check_sequence", check_and_take_the_window)


def check_and_take_the_window(tcb: Tcb, segment: Segment) -> Disposition | None:
    if segment.flags & (ACK | RST | SYN) == ACK:
        set_send_window(tcb, segment)
    return check_sequence(tcb, segment)
