"""Middleboxes drop what they do not expect: SACK-permitted stands in every ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.options import build_sack_permitted
from tcpref.segment import ACK

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2018:2-SYN-ONLY"


def permitting(stack: Stack, tcb: Tcb) -> None:
    output.transmit(stack, tcb, tcb.bare_seq, ACK, options=build_sack_permitted())


def plant(patch: Patch) -> None:
    patch(output, "send_ack", permitting)
