"""A peer that answers probes of its closed window outlives the user time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user_timeout

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_USER_TIMEOUT"


def flight_only(tcb: Tcb) -> bool:
    return tcb.flight > 0 and tcb.snd_wnd > 0


def plant(patch: Patch) -> None:
    patch(user_timeout, "waits", flight_only)
