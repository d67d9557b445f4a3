"""Clients of a host with several addresses get answers from one that they have not asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:MUST-45"


send_syn = output.send_syn


def send_from_first(stack: Stack, tcb: Tcb) -> None:
    key = tcb.key
    if tcb.passive:
        own = next(own for own in stack.addresses if len(own) == len(key[0]))
        tcb.key = (own, *key[1:])
    send_syn(stack, tcb)
    tcb.key = key


def plant(patch: Patch) -> None:
    patch(output, "send_syn", send_from_first)
