"""A program with an IPv6 socket gets an address that does not fit into its struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses
from tcpref.addresses import to_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC3493:3.7-MAPPED"


def to_bare_text(address: bytes, _family: str = "") -> str:
    return to_text(address)


def plant(patch: Patch) -> None:
    patch(addresses, "to_text", to_bare_text)
