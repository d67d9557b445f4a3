"""Two hosts tell each other of one broken datagram for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmp_send

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ipv4 import Packet

REQUIREMENT = "RFC1122:3.2.2-ABOUT"


def never(_packet: Packet) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(icmp_send, "is_icmp_error", never)
