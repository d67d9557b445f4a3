"""getnameinfo() cuts a name off where the room ends, and says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_nameinfo

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-47"


def fitted(name: str, room: int) -> str:
    return name[: max(0, room - 1)]


def plant(patch: Patch) -> None:
    patch(names_nameinfo, "fitted", fitted)
