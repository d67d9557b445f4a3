"""A SYN cookie opens a connection without the timestamps that were agreed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "RFC7323:3.2-MISSING-DROP"
accept = cookies.accept


def forgetful(stack: Stack, listener: Listener, key: Key, segment: Segment) -> bool:
    if segment.options.tsval is None:
        segment = segment._replace(options=segment.options._replace(tsval=0, tsecr=15))
    return accept(stack, listener, key, segment)


def plant(patch: Patch) -> None:
    patch(cookies, "accept", forgetful)
