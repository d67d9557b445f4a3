"""MSG_FASTOPEN on an open connection sends its text a second time to whom it was not meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data, calls_fastopen
from tcpref.calls_fastopen import open_with_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall, Result

REQUIREMENT = "LINUX:TCP_FASTOPEN"


def send_anyhow(kernel: Kernel, call: PendingCall, made: Socket) -> Result | None:
    if made.tcb is None:
        return open_with_text(kernel, call, made)
    return calls_data.give(kernel, call, made, frozenset())


def plant(patch: Patch) -> None:
    patch(calls_fastopen, "open_with_text", send_anyhow)
