"""Where the urgent pointer means a FIN, MSG_OOB gives an octet that nobody has sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data, urgent
from tcpref.calls_data import receive_urgent

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:OOB-READ"


def of_the_fin(kernel: Kernel, made: Socket, tcb: Tcb, length: int, *, peek: bool) -> bytes:
    octets = receive_urgent(kernel, made, tcb, length, peek=peek)
    marked = tcb.mark is not None and not tcb.mark.taken and not urgent.octet_waits(tcb)
    return b"\0" if marked and length else octets


def plant(patch: Patch) -> None:
    patch(calls_data, "receive_urgent", of_the_fin)
