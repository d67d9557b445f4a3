"""Each connection to a peer loses segments until it has found the same small link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import pmtu

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC1191:6.2-NOTIFY"


limit = pmtu.limit


def limit_tried(stack: Stack, tcb: Tcb, learned: pmtu.Learned) -> None:
    if tcb.largest_sent == 0 and tcb.flight:
        limit(stack, tcb, learned)


def plant(patch: Patch) -> None:
    patch(pmtu, "limit", limit_tried)
