"""A source-routed connection opens and then hangs: only its SYN,ACK finds the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output
from tcpref.ip_choices import IpChoices, dress
from tcpref.segment import SYN

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-53"


FLAGS = 33


def dress_syns(datagram: bytes, choices: IpChoices | None) -> bytes:
    options = 4 * (datagram[0] & 15) - 20
    return dress(datagram, choices) if datagram[FLAGS + options] & SYN else datagram


def plant(patch: Patch) -> None:
    patch(output, "dress", dress_syns)
