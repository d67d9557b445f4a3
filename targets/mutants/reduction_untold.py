"""The peer says ECE for ever, and later marks are not heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.2-CWR"


window_reduced = ecn.window_reduced


def window_reduced_silently(tcb: Tcb, held: Ecn) -> None:
    window_reduced(tcb, held)
    held.cwr_due = False


def plant(patch: Patch) -> None:
    patch(ecn, "window_reduced", window_reduced_silently)
