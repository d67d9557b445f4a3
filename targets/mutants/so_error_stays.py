"""A program that asks for the pending error takes a connection for dead each time it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import Option, find_option, get_error

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SO_ERROR-CLEAR"


def looked_at(made: Socket) -> tuple[Tagged, ...]:
    name = made.error
    told = get_error(made)
    made.error = name
    return told


def found(kernel: Kernel, call: PendingCall) -> Option:
    option = find_option(kernel, call)
    if call.args.name(1) == "SO_ERROR":
        return option._replace(get=looked_at)
    return option


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
