"""A program that sets its octet of service claims ECN that nobody has agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_choices

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-22"


def plant(patch: Patch) -> None:
    patch(ip_choices, "ECN_BITS", 0)
