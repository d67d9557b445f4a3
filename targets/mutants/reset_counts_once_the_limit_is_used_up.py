"""A blind attacker who has used up the challenge ACKs resets the connection with the next guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Answer
from tcpref.segment import RST, Segment
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:3.2-RST-INWINDOW"

answer = Stack.answer


def plant(patch: Patch) -> None:
    def or_reset(stack: Stack, tcb: Tcb, segment: Segment, due: Answer) -> None:
        answer(stack, tcb, segment, due)
        used_up = tcb.challenge_count > stack.settings.challenge_acks_per_s
        if due is Answer.CHALLENGE_ACK and used_up and segment.flags & RST:
            stack.close_connection(tcb, "ECONNRESET")

    patch(Stack, "answer", or_reset)
