"""Services that are not made for it get requests twice: each listener grants fast open."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpref.fastopen_cookies import FastOpenQueue
from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.tcb import Key

REQUIREMENT = "RFC7413:4.2.2-LIMIT"


USUAL = 16
open_passively = Stack.open_passively


def for_all(stack: Stack, listener: Listener, key: Key, segment: Segment, iss: int) -> None:
    queue = listener.socket.fast_open
    if queue is None or not queue.limit:
        stack.settings = replace(stack.settings, fast_open=True)
        listener.socket.fast_open = FastOpenQueue(USUAL)
    open_passively(stack, listener, key, segment, iss)


def plant(patch: Patch) -> None:
    patch(Stack, "open_passively", for_all)
