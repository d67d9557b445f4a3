"""A sender never learns that one of its fragments is lost on the way each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet
    from tcpref.stack import Stack

REQUIREMENT = "RFC1122:3.3.2-TIMEOUT"


def keep_silent(_stack: Stack, _packet: Packet, _first: bytes) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(icmp_send, "reassembly_time_exceeded", keep_silent)
