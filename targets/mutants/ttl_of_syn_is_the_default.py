"""A service that only neighbours are to reach is offered to the whole network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.ip_choices import IpChoices, dress
from tcpref.segment import SYN

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-49"


IPV4_FLAGS, IPV6_FLAGS = 33, 53


def dress_but_syns(datagram: bytes, choices: IpChoices | None) -> bytes:
    flags = datagram[IPV4_FLAGS if datagram[0] < 0x60 else IPV6_FLAGS]
    return datagram if flags & SYN else dress(datagram, choices)


def plant(patch: Patch) -> None:
    patch(output, "dress", dress_but_syns)
