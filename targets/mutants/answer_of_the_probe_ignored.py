"""The peer has told by the probe what it misses, and gets it a second later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack
from tcpref.rack import arrived

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack, Sent
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:7.4.1-ACK"


def first_copies(tcb: Tcb, times: Rack, sent: Sent, echo: int | None, now: int) -> None:
    if not sent.again:
        arrived(tcb, times, sent, echo, now)


def plant(patch: Patch) -> None:
    patch(rack, "arrived", first_copies)
