"""TCP_USER_TIMEOUT leaves a dead connection open until nine keep-alives have gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.keepalive import KeepAlive
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_USER_TIMEOUT"


def exhausted(_stack: Stack, _tcb: Tcb, held: KeepAlive) -> bool:
    return held.probes >= held.times.probes


def plant(patch: Patch) -> None:
    patch(keepalive, "exhausted", exhausted)
