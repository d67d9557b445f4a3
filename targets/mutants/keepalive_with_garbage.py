"""A probe carries an octet that no peer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive, output, seq
from tcpref.segment import ACK

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-12"


def with_octet(stack: Stack, tcb: Tcb) -> None:
    output.transmit(stack, tcb, seq.add(tcb.snd_nxt, -1), ACK, payload=b"x")


def plant(patch: Patch) -> None:
    patch(keepalive, "probe", with_octet)
