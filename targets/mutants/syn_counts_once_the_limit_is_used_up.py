"""A blind attacker who has used up the challenge ACKs ends the connection with one more SYN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.segment import SYN, Segment
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:4.2-SYN"

challenge = Stack.challenge


def plant(patch: Patch) -> None:
    def or_reset(stack: Stack, tcb: Tcb, segment: Segment) -> None:
        challenge(stack, tcb, segment)
        used_up = tcb.challenge_count > stack.settings.challenge_acks_per_s
        if used_up and segment.flags & SYN:
            stack.close_connection(tcb, "ECONNRESET")

    patch(Stack, "challenge", or_reset)
