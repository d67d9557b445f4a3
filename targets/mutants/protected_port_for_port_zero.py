"""Programs that take any port get those that are kept for the system's own servers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpref.port_selection import PortSelection

if TYPE_CHECKING:
    from random import Random

    from tcpassay.targets.mutants import Patch
    from tcpref.settings import Settings

REQUIREMENT = "POSIX:BIND-PORT0"
begin = PortSelection.__init__


def protected(selection: PortSelection, settings: Settings, rng: Random) -> None:
    begin(selection, replace(settings, ephemeral_first=512, ephemeral_last=1023), rng)


def plant(patch: Patch) -> None:
    patch(PortSelection, "__init__", protected)
