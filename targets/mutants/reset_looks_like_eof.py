"""A download that was cut off by a reset is taken for a complete one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import disposition
from tcpref.disposition import CLOSE_QUIETLY

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-12"


def plant(patch: Patch) -> None:
    patch(disposition, "CONNECTION_RESET", CLOSE_QUIETLY)
