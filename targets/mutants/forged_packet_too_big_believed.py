"""Whoever guesses a number in flight makes segments small, although all arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5927:7.2-PMTU-DELAY"


def timed_out_enough(_tcb: Tcb) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(pmtu, "timed_out_enough", timed_out_enough)
