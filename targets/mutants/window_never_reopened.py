"""A transfer stalls once the reader was slow: the peer is not told that there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.8.6-WIN-OPEN-UPDATE"


def update_wanted(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(window, "update_wanted", update_wanted)
