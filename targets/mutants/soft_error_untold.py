"""Whoever cannot connect hears of a time-out, although a router told what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-25"


def soft_errno(_kind: int, _code: int) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(icmp, "soft_errno", soft_errno)
