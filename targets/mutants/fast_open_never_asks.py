"""A client gets no cookie, ever, so fast open saves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack
from tcpref.fastopen_stack import for_open

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fastopen import FastOpen
    from tcpref.stack import Stack
    from tcpref.tcb import Key

REQUIREMENT = "RFC7413:4.2.1-COOKIE-REQ"


def known_only(stack: Stack, key: Key) -> FastOpen | None:
    opening = for_open(stack, key)
    return opening if opening is not None and opening.option else None


def plant(patch: Patch) -> None:
    patch(fastopen_stack, "for_open", known_only)
