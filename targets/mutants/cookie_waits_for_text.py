"""A client that waits for its server's greeting waits for ever once SYNs are answered by cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies
from tcpref.cookies import accept

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "RFC4987:3.6-COOKIE"


def with_text(stack: Stack, listener: Listener, key: Key, segment: Segment) -> bool:
    return not segment.payload or accept(stack, listener, key, segment)


def plant(patch: Patch) -> None:
    patch(cookies, "accept", with_text)
