"""Who has seen one port of a client knows those of its next connections, to any server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.port_selection import Destination, PortSelection

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6056:3-RANDOM-PORT"


def places_of(_selection: PortSelection, _destination: Destination) -> tuple[int, int]:
    return 0, 0


def plant(patch: Patch) -> None:
    patch(PortSelection, "places_of", places_of)
