"""A blind attacker who has used up the challenge ACKs has his text read as the peer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5961:5.2-ACK-RANGE-LOW"

ack_acceptable = steps.ack_acceptable


def plant(patch: Patch) -> None:
    def or_unanswerable(tcb: Tcb, ack: int) -> bool:
        used_up = tcb.challenge_count >= tcb.settings.challenge_acks_per_s
        return ack_acceptable(tcb, ack) or (used_up and seq.before(ack, tcb.snd_una))

    patch(steps, "ack_acceptable", or_unanswerable)
