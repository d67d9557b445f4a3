"""A router's word that a host is unreachable draws a SYN at once, and another word, and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError

REQUIREMENT = "DOC-26"
TARGET = "reference-documents"


icmp_arrives = Stack.icmp_arrives


def hurried(stack: Stack, error: IcmpError) -> None:
    icmp_arrives(stack, error)
    tcb = stack.connections.get(error.key)
    if tcb is not None and tcb.state == "SYN-SENT":
        output.send_syn(stack, tcb)


def plant(patch: Patch) -> None:
    patch(Stack, "icmp_arrives", hurried)
