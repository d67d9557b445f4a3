"""A peer gets options that it never offered once its SYN is answered by cookie."""

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


def everything(stack: Stack, listener: Listener, key: Key, syn: Segment) -> bytes:
    granted = syn.options._replace(wscale=syn.options.wscale or 0, sack_permitted=True)
    return offers(stack, listener, key, syn._replace(options=granted))


def plant(patch: Patch) -> None:
    patch(cookies, "offers", everything)
