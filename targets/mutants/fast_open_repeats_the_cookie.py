"""Behind a firewall that drops SYN,ACKs with the option no client gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen
from tcpref.fastopen import syn_extras

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-SYNACK-RTX"


def option_each_time(tcb: Tcb, options: bytes) -> tuple[bytes, bytes]:
    opening = tcb.fast_open
    kept = None if opening is None else opening.option
    extras = syn_extras(tcb, options)
    if opening is not None and tcb.passive:
        opening.option = kept
    return extras


def plant(patch: Patch) -> None:
    patch(fastopen, "syn_extras", option_each_time)
