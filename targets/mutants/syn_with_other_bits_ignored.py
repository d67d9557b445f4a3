"""A SYN that carries FIN, PSH or URG besides is not answered: its flags are compared as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import DROP
from tcpref.segment import FIN, PSH, SYN, URG
from tcpref.states import listen
from tcpref.states.listen import segment_arrives

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.disposition import Disposition
    from tcpref.listener import Listener
    from tcpref.segment import Segment

REQUIREMENT = "RFC9293:3.10.7.2-SYN-URG-PSH"


def bare_only(listener: Listener, segment: Segment) -> Disposition:
    odd = segment.flags & SYN and segment.flags & (FIN | PSH | URG)
    return DROP if odd else segment_arrives(listener, segment)


def plant(patch: Patch) -> None:
    patch(listen, "segment_arrives", bare_only)
