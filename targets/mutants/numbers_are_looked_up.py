"""A host that is given by its number is not found unless it is in the table of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_address

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def no_number(_text: str) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(names_address, "from_text", no_number)
    patch(names_address, "from_dots", no_number)
