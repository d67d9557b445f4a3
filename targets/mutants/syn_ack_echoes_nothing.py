"""The peer measures no round trip by the handshake: the SYN-ACK echoes 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.segment import ACK, SYN
from tcpref.timestamps import option

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-SYNACK-ECHO"


def as_any_syn(tcb: Tcb, flags: int, now: int) -> bytes:
    return option(tcb, flags & ~ACK if flags & SYN else flags, now)


def plant(patch: Patch) -> None:
    patch(timestamps, "option", as_any_syn)
