"""A path that is down gets a probe every two round trips in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss
from tcpref.tail_loss import expires, schedule

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.3-ONE"


def again_and_again(stack: Stack, tcb: Tcb) -> None:
    expires(stack, tcb)
    if tcb.rack is not None and tcb.tail_loss is not None:
        tcb.rack.sampled, tcb.tail_loss.end = True, None
        schedule(stack, tcb, tcb.tail_loss)


def plant(patch: Patch) -> None:
    patch(tail_loss, "expires", again_and_again)
