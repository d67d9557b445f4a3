"""Full segments exceed what the peer has asked for by the length of the option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6691:2-DATA-REDUCED"


def plant(patch: Patch) -> None:
    patch(tcb, "TIMESTAMP_OCTETS", 0)
