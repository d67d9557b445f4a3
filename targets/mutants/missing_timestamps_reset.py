"""A box that strips one option ends the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import timestamps
from tcpref.disposition import ABORT, DROP, Disposition
from tcpref.timestamps import check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC7323:3.2-MISSING-NOABORT"


def harsh(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    refused = check(tcb, segment, now)
    return ABORT if refused is DROP else refused


def plant(patch: Patch) -> None:
    patch(timestamps, "check", harsh)
