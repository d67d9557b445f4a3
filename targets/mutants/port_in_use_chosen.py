"""A connection starts from the port of a listener of the same host, and each takes the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import PortTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.port_selection import Destination

REQUIREMENT = "RFC6056:3.3-SUITABLE"


def ephemeral(table: PortTable, destination: Destination | None = None) -> int | None:
    return next(table.selection.candidates(destination))


def plant(patch: Patch) -> None:
    patch(PortTable, "ephemeral", ephemeral)
