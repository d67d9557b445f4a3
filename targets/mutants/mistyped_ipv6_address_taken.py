"""An IPv6 address with a group too many, or too large a one, leads to some other host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_address
from tcpref.names_address import from_strict

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def what_fits(text: str) -> bytes | None:
    """The first eight groups, of each the last four digits, and one gap."""
    right = from_strict(text)
    if right is not None or ":" not in text:
        return right
    before, gap, behind = text.partition("::")
    groups = [group[-4:] for group in before.split(":")[:8]]
    return from_strict(":".join(groups) + gap + behind.replace("::", ":"))


def plant(patch: Patch) -> None:
    patch(names_address, "from_strict", what_fits)
