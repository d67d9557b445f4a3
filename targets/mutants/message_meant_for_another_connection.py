"""One connection over a narrow path, or a message that somebody makes up, slows down all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.icmp import IcmpError

REQUIREMENT = "RFC5927:7-PMTU-SEQ"
icmp_arrives = Stack.icmp_arrives


def by_addresses(stack: Stack, error: IcmpError) -> None:
    """Ports are not looked at."""
    quoted = error.key[0], error.key[2]
    keys = [key for key in stack.connections if (key[0], key[2]) == quoted]
    for key in keys:
        icmp_arrives(stack, error._replace(key=key))


def plant(patch: Patch) -> None:
    patch(Stack, "icmp_arrives", by_addresses)
