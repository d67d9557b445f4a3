"""The end of a file that is sent under TCP_CORK comes late, and its FIN on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cork

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_CORK"


def lets_small_out(_tcb: Tcb) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(cork, "lets_small_out", lets_small_out)
