"""A program that forgets to pull its cork waits half a second for each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cork

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:TCP_CORK"


def plant(patch: Patch) -> None:
    patch(cork, "LONGEST", 10 * cork.LONGEST)
