"""What an application sends while connect() is under way is taken and never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.tcb import OPENING
from tcpref.user import send

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.2-SEND-SYNSENT"


def once_open(stack: Stack, tcb: Tcb, octets: bytes) -> None:
    if tcb.state not in OPENING:
        send(stack, tcb, octets)


def plant(patch: Patch) -> None:
    patch(user, "send", once_open)
