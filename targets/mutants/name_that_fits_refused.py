"""A name that just fits into the room that a program has is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_nameinfo
from tcpref.names_nameinfo import fitted

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-47"


def with_one_to_spare(name: str, room: int) -> str:
    return fitted(name, max(0, room - 1))


def plant(patch: Patch) -> None:
    patch(names_nameinfo, "fitted", with_one_to_spare)
