"""A path that reorders a little is taken for one that loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import loss_recovery

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5681:3.2-FASTRETX-NOT2"


FEW = 2


def plant(patch: Patch) -> None:
    patch(loss_recovery, "DUP_THRESH", FEW)
