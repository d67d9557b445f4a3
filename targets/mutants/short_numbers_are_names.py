"""127.1 and 0x7f.1, which every other program takes for an address, are unknown hosts here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_address
from tcpref.names_address import from_strict

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def from_four(text: str) -> bytes | None:
    return None if ":" in text else from_strict(text)


def plant(patch: Patch) -> None:
    patch(names_address, "from_dots", from_four)
