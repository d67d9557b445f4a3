"""One mark brings a transfer to a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.2-HALVE"


def same_window(_tcb: Tcb, _held: Ecn, _ack: int) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(ecn, "same_window", same_window)
