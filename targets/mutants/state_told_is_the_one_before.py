"""A monitor counts connections in wrong states: names and numbers are one apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tcpref import calls_options
from tcpref.calls_options import Option, find_option, get_info
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "RFC9293:3.10.6-STATUS"


def one_off(made: Socket) -> tuple[Tagged, ...]:
    told = dict(cast("dict[str, object]", get_info(made)[0][1]))
    states = list(State)
    told["state"] = str(states[states.index(State(str(told["state"]))) - 1])
    return (("state", told),)


def found(kernel: Kernel, call: PendingCall) -> Option:
    option = find_option(kernel, call)
    if call.args.name(1) == "TCP_INFO":
        return option._replace(get=one_off)
    return option


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", found)
