"""A program relies on an option that this stack does not have, and is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import Option, find_option, number
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Arguments, Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SETSOCKOPT-ERRORS"


def ignored(_made: Socket, _args: Arguments) -> None:
    return None


def zero(_made: Socket) -> tuple[Tagged, ...]:
    return number(0)


def found(kernel: Kernel, call: PendingCall) -> Option:
    try:
        return find_option(kernel, call)
    except CallError:
        return Option(zero, ignored)


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
