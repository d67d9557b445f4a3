"""Forged datagrams make a host send errors to all its network, and to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1122:3.2.2-ABOUT"


def of_another(stack: Stack, address: bytes) -> bool:
    return address not in stack.addresses


def plant(patch: Patch) -> None:
    patch(Stack, "is_peer_address", of_another)
