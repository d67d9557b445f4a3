"""A program with IPv6 sockets gets addresses for them that such sockets do not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_address
from tcpref.names_address import from_text, unmapped

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def without_disguise(text: str) -> bytes | None:
    address = from_text(text)
    return None if address is None else unmapped(address)


def plant(patch: Patch) -> None:
    patch(names_address, "from_text", without_disguise)
