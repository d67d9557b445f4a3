"""After one needless retransmission all that was outstanding goes again too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack, Sent
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-AMBIGUOUS"


def arrived(_tcb: Tcb, times: Rack, sent: Sent, _echo: int | None, now: int) -> None:
    times.rtt = now - sent.at
    times.sampled = True
    times.min_rtt = min(times.min_rtt, times.rtt)
    times.newest = max(times.newest, sent.order)


def plant(patch: Patch) -> None:
    patch(rack, "arrived", arrived)
