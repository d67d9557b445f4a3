"""Routers cut segments to pieces, and nobody hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.stack import Stack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1191:3-DF"


emit = Stack.emit


def emit_fragmentable(stack: Stack, datagram: bytes) -> None:
    emit(stack, stack.fragmentable(datagram))


def plant(patch: Patch) -> None:
    patch(Stack, "emit", emit_fragmentable)
