"""Full segments along a source route are too long for the link, and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.addresses import FIXED_HEADERS
from tcpref.options import TIMESTAMP_OCTETS
from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-16"


def choose_size(tcb: Tcb) -> None:
    mss = tcb.peer_mss
    if tcb.path is not None and tcb.path.mtu is not None:
        mss = min(mss, tcb.path.mtu - FIXED_HEADERS[len(tcb.key[0])])
    tcb.snd_mss = max(1, mss - TIMESTAMP_OCTETS) if tcb.timestamps else mss


def plant(patch: Patch) -> None:
    patch(Tcb, "choose_size", choose_size)
