"""A neighbour that has no route to global addresses cannot answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:MUST-44"


def first_of_version(stack: Stack, remote: bytes) -> bytes:
    return next(own for own in stack.addresses if len(own) == len(remote))


def plant(patch: Patch) -> None:
    patch(calls_connection, "source_for", first_of_version)
