"""A forged Source Quench holds up an open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp
from tcpref.icmp import DESTINATION_UNREACHABLE, IcmpError, parse_error
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-55"


SOURCE_QUENCH = 4
QUENCHED = "quenched"
arrives = Stack.icmp_arrives


def any_error(octets: bytes) -> IcmpError | None:
    if octets[0] != SOURCE_QUENCH:
        return parse_error(octets)
    read = parse_error(bytes((DESTINATION_UNREACHABLE, octets[1], octets[2] + 1)) + octets[3:])
    return None if read is None else read._replace(soft=QUENCHED)


def wait_longer(stack: Stack, error: IcmpError) -> None:
    tcb = stack.connections.get(error.key)
    if error.soft != QUENCHED or tcb is None:
        arrives(stack, error)
    else:
        tcb.rto.back_off()
        stack.timers.start(tcb.retransmission, stack.now + tcb.rto.rto)


def plant(patch: Patch) -> None:
    patch(icmp, "parse_error", any_error)
    patch(Stack, "icmp_arrives", wait_longer)
