"""A program that connects to everybody floods its network, and waits for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import refuse_destination

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "LINUX:CONNECT-BCAST"


def any_destination(stack: Stack, remote: bytes) -> None:
    if stack.is_peer_address(remote):
        refuse_destination(stack, remote)


def plant(patch: Patch) -> None:
    patch(calls_connection, "refuse_destination", any_destination)
