"""RFC 7413, 4.2.2: what the cookie of a SYN changes for a listener."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import Answer, Branch
from tcpassay.model.tcb import MASK
from tcpassay.wire import FIN

if TYPE_CHECKING:
    from tcpassay.wire import Segment

VALID, INVALID = "RFC7413:4.2.2-VALID", "RFC7413:4.2.2-INVALID"


def with_cookie(
    branches: tuple[Branch, ...], segment: Segment, *, valid: bool
) -> tuple[Branch, ...]:
    """The ways of a SYN into SYN-RECEIVED, with the early one where its cookie is valid.

    The way without fast open stays allowed with a valid cookie: too many such opens may be pending
    (5.1). With another cookie text is not taken, and only the SYN is acknowledged.
    """
    opening = [b for b in branches if b.answer.kind == "syn-ack" and not b.answer.seqs]
    if valid:
        return (*branches, *(_early(branch, segment) for branch in opening[:1]))
    if not segment.payload or segment.flags & FIN:
        return branches
    return tuple(b._replace(clause=INVALID) if b in opening else b for b in branches)


def _early(branch: Branch, segment: Segment) -> Branch:
    """The text is delivered and acknowledged by the SYN,ACK; a FIN waits, or is sent again."""
    end = (segment.seq + 1 + len(segment.payload)) & MASK
    tcb = branch.tcb._replace(
        rcv_nxt=end, held=(), fin=end if segment.flags & FIN else None, early=True
    )
    return Branch(tcb, Answer("syn-ack", (), (end,)), VALID, label="optional")
