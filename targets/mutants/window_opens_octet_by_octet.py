"""A slow reader draws a stream of tiny segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-39"


def worthwhile_gain(_tcb: Tcb) -> int:
    return 1


def update_wanted(tcb: Tcb) -> bool:
    return window.possible_gain(tcb) > 0


def plant(patch: Patch) -> None:
    patch(window, "worthwhile_gain", worthwhile_gain)
    patch(window, "update_wanted", update_wanted)
