"""The SYN carries more than the server has said it takes, and is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen
from tcpref.fastopen import syn_extras

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-SYN-MSS"


def extras_by_own_mss(tcb: Tcb, options: bytes) -> tuple[bytes, bytes]:
    if tcb.fast_open is not None:
        tcb.fast_open.mss = tcb.announced_mss
    return syn_extras(tcb, options)


def plant(patch: Patch) -> None:
    patch(fastopen, "syn_extras", extras_by_own_mss)
