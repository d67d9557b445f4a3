"""A connection ends while the peer, which has said how long it may be away, still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import uto

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb
    from tcpref.uto import UserTimeoutOption

REQUIREMENT = "RFC5482:3.1-ADJUST"


def adopt(_tcb: Tcb, _held: UserTimeoutOption) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(uto, "adopt", adopt)
