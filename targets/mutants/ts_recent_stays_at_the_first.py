"""The peer takes each round trip to last since the handshake, and waits so long for a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-TSECR-ECHO"


def remember(_tcb: Tcb, _segment: Segment, _now: int) -> None:
    return


def plant(patch: Patch) -> None:
    patch(timestamps, "remember", remember)
