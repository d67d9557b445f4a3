"""A connect() fails although the host would have come back within three minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import recovery
from tcpref.recovery import SECOND

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-23"


def r2(_tcb: Tcb) -> int:
    return 20 * SECOND


def plant(patch: Patch) -> None:
    patch(recovery, "r2", r2)
