"""shutdown() with a wrong argument ends both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls, user
from tcpref.calls_connection import shutdown
from tcpref.calls_naming import target
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "POSIX:SHUTDOWN-EINVAL"


KNOWN = frozenset({"SHUT_RD", "SHUT_WR", "SHUT_RDWR"})


def else_both(kernel: Kernel, call: PendingCall) -> Result:
    if call.args.name() in KNOWN:
        return shutdown(kernel, call)
    user.close(kernel.stack, target(call).connection())
    return Result()


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"shutdown": else_both})
