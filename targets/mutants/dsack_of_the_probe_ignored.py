"""A late ACK costs half the window, although the peer has said that nothing was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tail_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block
    from tcpref.tail_loss import TailLoss

REQUIREMENT = "RFC8985:7.4.2-TWICE"


def is_answer(_probe: TailLoss, _told: Sequence[Block], _ack: int) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(tail_loss, "is_answer", is_answer)
