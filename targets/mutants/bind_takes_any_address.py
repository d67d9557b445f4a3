"""A server that is set up with a mistyped address starts, and nobody can reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls, calls_naming
from tcpref.calls import CALLS
from tcpref.errors import CallError
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "DOC-04"


def bind(kernel: Kernel, call: PendingCall) -> Result:
    try:
        return calls_naming.bind(kernel, call)
    except CallError as error:
        if error.errno != "EADDRNOTAVAIL":
            raise
        made = calls_naming.target(call)
        calls_naming.bind_to(kernel, made, *calls_naming.address_argument(kernel, made, call.args))
        return Result()


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", CALLS | {"bind": bind})
