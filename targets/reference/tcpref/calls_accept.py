"""accept(fd[, length]): the peer's address in as much room as the caller has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.calls_connection import accept
from tcpref.calls_naming import SOCKADDR_SIZE, target

if TYPE_CHECKING:
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall, Result


def accept_into_room(kernel: Kernel, call: PendingCall) -> Result | None:
    """The length is a value and a result: the room, then the address's own size.

    Of an address that is larger than its room only the size is told; room for nothing stands for
    two null pointers, and nothing is told.
    """
    whole = SOCKADDR_SIZE[target(call).family]
    room = call.args.number("length", -1)
    result = accept(kernel, call)
    if result is None or room < 0:
        return result
    size = ("length", whole)
    told = () if room == 0 else (size,) if room < whole else (*result.out, size)
    return result._replace(out=told)
