"""Where fast open has been forbidden, clients use it nevertheless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls, calls_data, calls_fastopen
from tcpref.calls_naming import target

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "LINUX:TCP_FASTOPEN"


def sendmsg(kernel: Kernel, call: PendingCall) -> Result | None:
    if "MSG_FASTOPEN" not in call.args.names():
        return calls_data.sendmsg(kernel, call)
    return calls_fastopen.open_with_text(kernel, call, target(call))


def plant(patch: Patch) -> None:
    patch(calls, "CALLS", calls.CALLS | {"sendmsg": sendmsg})
