"""Text is marked although the peer has heard of no ECN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.1-NO-ECT-UNNEG"


syn_flags = ecn.syn_flags


def syn_flags_only(tcb: Tcb, held: Ecn, flags: int) -> int:
    told = syn_flags(tcb, held, flags)
    held.marks = True
    return told


def plant(patch: Patch) -> None:
    patch(ecn, "syn_flags", syn_flags_only)
