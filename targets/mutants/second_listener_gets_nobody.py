"""A server that shares its port among processes works with one of them only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import reuseport

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener
    from tcpref.tcb import Key

REQUIREMENT = "LINUX:REUSEPORT"


def choose(first: Listener, _key: Key, _secret: bytes) -> Listener:
    return first


def plant(patch: Patch) -> None:
    patch(reuseport, "choose", choose)
