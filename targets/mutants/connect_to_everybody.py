"""A connection to a broadcast address disturbs every host on the link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import on_link
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack

REQUIREMENT = "RFC9293:MUST-46"


def route_alone(stack: Stack, remote: bytes) -> None:
    if remote in stack.addresses:
        raise CallError("ENETUNREACH")
    if not stack.settings.default_route and not on_link(stack, remote):
        raise CallError("ENETUNREACH")


def plant(patch: Patch) -> None:
    patch(calls_connection, "refuse_destination", route_alone)
