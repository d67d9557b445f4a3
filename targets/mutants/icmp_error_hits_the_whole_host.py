"""One port that is not served ends the opens to all ports of that host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.icmp import IcmpError
from tcpref.stack import Stack
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-54"


arrives = Stack.icmp_arrives


def by_address(stack: Stack, error: IcmpError) -> None:
    for key, tcb in tuple(stack.connections.items()):
        if key[::2] == error.key[::2] and tcb.state is State.SYN_SENT:
            arrives(stack, error._replace(key=key, seq=tcb.iss))


def plant(patch: Patch) -> None:
    patch(Stack, "icmp_arrives", by_address)
