"""The answers to a source-routed SYN go round by the wrong router first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import source_route
from tcpref.source_route import Route, find

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-53"


def forth(options: bytes) -> Route | None:
    found = find(options)
    return None if found is None or not found[2] else Route(found[0], found[2], chosen=False)


def plant(patch: Patch) -> None:
    patch(source_route, "back", forth)
