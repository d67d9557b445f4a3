"""Rubbish in an ICMP message ends an open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp
from tcpref.icmp import IcmpError, parse_error
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-54"


WHOLE = 36
arrives = Stack.icmp_arrives


def padded(octets: bytes) -> IcmpError | None:
    if len(octets) >= WHOLE:
        return parse_error(octets)
    return IcmpError((b"", 0, b"", 0), 0, "ECONNREFUSED", None)


def latest(stack: Stack, error: IcmpError) -> None:
    for key, tcb in tuple(stack.connections.items()):
        if not error.key[0]:
            error = error._replace(key=key, seq=tcb.snd_una)
    arrives(stack, error)


def plant(patch: Patch) -> None:
    patch(icmp, "parse_error", padded)
    patch(Stack, "icmp_arrives", latest)
