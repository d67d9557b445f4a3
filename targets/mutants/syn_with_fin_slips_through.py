"""A forged SYN with FIN in it ends a connection: only bare SYNs are challenged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import CHALLENGE, Disposition
from tcpref.segment import FIN, SYN, Segment
from tcpref.states import steps

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-SYN-ESTAB"


def check_syn(segment: Segment) -> Disposition | None:
    return CHALLENGE if segment.flags & (SYN | FIN) == SYN else None


def plant(patch: Patch) -> None:
    patch(steps, "check_syn", check_syn)
