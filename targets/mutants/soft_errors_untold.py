"""A program that asks for reports hears of trouble on the way only when all is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError

REQUIREMENT = "RFC9293:MUST-47"


icmp_arrives = Stack.icmp_arrives


def note_alone(stack: Stack, error: IcmpError) -> None:
    tcb = stack.connections.get(error.key)
    if tcb is None or error.too_big is not None or icmp.is_hard(tcb, error):
        icmp_arrives(stack, error)
    elif icmp.quotes_flight(tcb, error):
        tcb.soft_error = icmp.told_later(tcb, error) or tcb.soft_error


def plant(patch: Patch) -> None:
    patch(Stack, "icmp_arrives", note_alone)
