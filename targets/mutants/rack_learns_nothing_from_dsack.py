"""On a path that reorders widely the same segments go twice for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC8985:6.2-DSACK"


def duplicate_reported(_tcb: Tcb, _times: Rack) -> None:
    return


def plant(patch: Patch) -> None:
    patch(rack, "duplicate_reported", duplicate_reported)
