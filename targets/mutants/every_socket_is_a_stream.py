"""Whatever type of socket a program asks for, the addresses it gets are for streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_hints
from tcpref.names_hints import KINDS

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hints import Hints, Kind

REQUIREMENT = "DOC-46"


def streams(_hints: Hints) -> tuple[Kind, ...]:
    return KINDS[:1]


def plant(patch: Patch) -> None:
    patch(names_hints, "kinds", streams)
