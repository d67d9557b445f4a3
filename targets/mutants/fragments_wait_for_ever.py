"""A fragment that comes minutes late completes a datagram that was given up long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_input

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import Partial
    from tcpref.stack import Stack

REQUIREMENT = "RFC8200:4.5-TIMEOUT"


def go_on(_stack: Stack, _partial: Partial) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(ip_input, "fragments_timeout", go_on)
