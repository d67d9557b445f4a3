"""A program that reads back its linger time and sets it anew waits a hundred times as long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import Option, find_option

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:LINGER-DEFAULT"


def in_ticks(made: Socket) -> tuple[Tagged, ...]:
    onoff, seconds = made.linger
    return (("linger", (onoff, 100 * seconds)),)


def found(kernel: Kernel, call: PendingCall) -> Option:
    option = find_option(kernel, call)
    if call.args.name(1) == "SO_LINGER":
        return option._replace(get=in_ticks)
    return option


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
