"""A peer that does not scale its own windows is not told the scale of ours either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies
from tcpref.cookies import offers

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "LINUX:SYNCOOKIES-OPTIONS"


def truthy(stack: Stack, listener: Listener, key: Key, syn: Segment) -> bytes:
    asked = syn.options._replace(wscale=syn.options.wscale or None)
    return offers(stack, listener, key, syn._replace(options=asked))


def plant(patch: Patch) -> None:
    patch(cookies, "offers", truthy)
