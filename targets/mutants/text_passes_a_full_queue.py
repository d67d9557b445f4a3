"""A client that sends text at once gets past the bound on the queue, and is never accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import syn_received
from tcpref.states.syn_received import finish, may_complete

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-12"


def plant(patch: Patch) -> None:
    with_text: list[bool] = []

    def seen(tcb: Tcb, segment: Segment, now: int, *, window: Segment | None = None) -> Disposition:
        with_text[:] = [segment.length > 0]
        return finish(tcb, segment, now, window=window)

    def lenient(tcb: Tcb) -> bool:
        return with_text == [True] or may_complete(tcb)

    patch(syn_received, "may_complete", lenient)
    patch(syn_received, "finish", seen)
