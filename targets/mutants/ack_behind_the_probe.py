"""An ACK beside a probe of a closed window counts the probe: no peer with that window takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-SEQ-A2-SIMULTANEOUS"


def behind_all(tcb: Tcb) -> int:
    return tcb.snd_nxt


def plant(patch: Patch) -> None:
    patch(Tcb, "bare_seq", property(behind_all))
