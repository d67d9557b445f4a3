"""Who has seen two ports of a client knows the next, although they are said to come by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.port_selection import PortSelection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC6056:3-RANDOM-PORT"
upwards_from = PortSelection._upwards_from


def upwards(selection: PortSelection, _start: int) -> Iterator[int]:
    start, selection._counts[0] = selection._counts[0], selection._counts[0] + 1
    return upwards_from(selection, start)


def plant(patch: Patch) -> None:
    patch(PortSelection, "_upwards_from", upwards)
