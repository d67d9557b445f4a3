"""A client that has restarted cannot reconnect: its SYN on the old connection is ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP, Disposition
from tcpref.segment import SYN, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5961:4.2-SYN"


def check_syn(segment: Segment) -> Disposition | None:
    return DROP if segment.flags & SYN else None


def plant(patch: Patch) -> None:
    patch(steps, "check_syn", check_syn)
