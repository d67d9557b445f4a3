"""A timer signal in connect() or recv() costs the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.kernel import Kernel

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:CONNECT-EINTR"


cancel = Kernel.cancel


def with_all(kernel: Kernel, number: int) -> None:
    call = kernel.pending.get(number)
    sockets = () if call is None else call.sockets
    cancel(kernel, number)
    for socket in sockets:
        if socket.tcb is not None:
            user.abort(kernel.stack, socket.tcb, None)


def plant(patch: Patch) -> None:
    patch(Kernel, "cancel", with_all)
