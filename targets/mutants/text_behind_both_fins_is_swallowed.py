"""A program that writes after its shutdown() is told so only until the peer has closed as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.calls_data import sendable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:3.10.2-SEND-CLOSING"


def lenient(made: Socket, call: PendingCall, *, quiet: bool) -> Tcb | None:
    if made.tcb is not None and made.tcb.fin_received and made.tcb.fin_sent:
        call.progress = len(call.args.octets())
        return None
    return sendable(made, call, quiet=quiet)


def plant(patch: Patch) -> None:
    patch(calls_data, "sendable", lenient)
