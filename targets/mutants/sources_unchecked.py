"""A forged source has this host answer its own broadcast address, or itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-63"


def is_peer_address(_stack: Stack, _address: bytes) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(Stack, "is_peer_address", is_peer_address)
