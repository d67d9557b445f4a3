"""A supervisor that asks which of its sockets listen is told of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import Option, find_option, number

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SO_ACCEPTCONN"


def whether_bound(made: Socket) -> tuple[Tagged, ...]:
    return number(made.binding is not None)


def found(kernel: Kernel, call: PendingCall) -> Option:
    option = find_option(kernel, call)
    if call.args.name(1) == "SO_ACCEPTCONN":
        return option._replace(get=whether_bound)
    return option


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
