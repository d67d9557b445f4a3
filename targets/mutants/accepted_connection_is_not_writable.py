"""A server that greets its clients from an event loop never does: POLLOUT waits for an ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-49"
is_writable = Socket.writable


def after_the_first_ack(made: Socket) -> bool:
    tcb = made.tcb
    fresh = tcb is not None and tcb.passive and seq.distance(tcb.snd_una, tcb.iss) == 1
    return is_writable(made) and not fresh


def plant(patch: Patch) -> None:
    patch(Socket, "writable", after_the_first_ack)
