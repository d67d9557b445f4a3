"""A game that sets TCP_NODELAY once it is connected stutters as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import Option, find_option

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Arguments
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:MUST-17"


def remembered(made: Socket, args: Arguments) -> None:
    made.nodelay = bool(args.number("value"))


def found(kernel: Kernel, call: PendingCall) -> Option:
    option = find_option(kernel, call)
    if call.args.name(1) == "TCP_NODELAY":
        return option._replace(set=remembered)
    return option


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
