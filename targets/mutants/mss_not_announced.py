"""Every transfer to this host comes in segments of 536 octets, and takes thrice the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-5"


def build_mss(_mss: int) -> bytes:
    return b""


def plant(patch: Patch) -> None:
    patch(options, "build_mss", build_mss)
