"""An upload is clocked by the delayed-ACK timer: five windows a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5681:4.2-DELACK-2ND"


def never(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(steps, "second_full_segment", never)
