"""Text says that it may be marked, though the peer has never heard of ECN: marks are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.1-NO-ECT-UNNEG"


def offer(tcb: Tcb) -> None:
    tcb.ecn = ecn.Ecn()


def syn_arrives(_tcb: Tcb, _segment: Segment) -> None:
    return


def plant(patch: Patch) -> None:
    patch(ecn, "offer", offer)
    patch(ecn, "syn_arrives", syn_arrives)
