"""A child process makes its inherited socket non-blocking, and its parent blocks all the same."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:RECV-EAGAIN"


def own_copy(call: PendingCall) -> Socket:
    made = target(call)
    if call.name == "fcntl" and call.args.name() == "F_SETFL" and made.references > 1:
        return copy(made)
    return made


def plant(patch: Patch) -> None:
    patch(calls_naming, "target", own_copy)
