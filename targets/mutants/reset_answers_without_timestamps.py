"""Firewalls that look at timestamps drop our resets, and the peer waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import resets
from tcpref.resets import reset_for

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.segment import Segment

REQUIREMENT = "RFC7323:5.2-RST-REPLY-TS"


def bare(segment: Segment, *, stamped: bool = False) -> bytes:
    return reset_for(segment, stamped=stamped and False)


def plant(patch: Patch) -> None:
    patch(resets, "reset_for", bare)
