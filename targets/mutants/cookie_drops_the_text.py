"""While a server is flooded, what a client says first is acknowledged and lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies, seq
from tcpref.cookies import accept

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "RFC4987:3.6-COOKIE"


def without_text(stack: Stack, listener: Listener, key: Key, segment: Segment) -> bool:
    taken = accept(stack, listener, key, segment._replace(payload=b""))
    tcb = stack.connections.get(key)
    if tcb is not None:
        tcb.rcv_nxt = seq.add(tcb.rcv_nxt, len(segment.payload))
    return taken


def plant(patch: Patch) -> None:
    patch(cookies, "accept", without_text)
