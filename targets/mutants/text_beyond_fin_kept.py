"""Text that arrives ahead of its turn and lies beyond the peer's FIN is read as part of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.10.7.4-FIN-THEN-DATA"


def deliver(tcb: Tcb, text: bytes) -> None:
    tcb.rcv_nxt = seq.add(tcb.rcv_nxt, len(text))
    tcb.received += text


def plant(patch: Patch) -> None:
    patch(steps, "deliver", deliver)
