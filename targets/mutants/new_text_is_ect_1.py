"""Routers take ordinary text for that of L4S and queue it where it does harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC3168:6.1.2-ECT0"


ECT_1 = ecn.ECT_1


def plant(patch: Patch) -> None:
    patch(ecn, "ECT_0", ECT_1)
