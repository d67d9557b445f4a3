"""Behind a firewall that drops SYNs with text a server can never be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen
from tcpref.fastopen import syn_extras

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7413:4.2.2-SYN-RTX"


def extras_each_time(tcb: Tcb, options: bytes) -> tuple[bytes, bytes]:
    opening = tcb.fast_open
    kept = None if opening is None else opening.option
    extras = syn_extras(tcb, options)
    if opening is not None and not tcb.passive:
        opening.option = kept
    return extras


def plant(patch: Patch) -> None:
    patch(fastopen, "syn_extras", extras_each_time)
