"""Fast open for applications: TCP_FASTOPEN, TCP_FASTOPEN_CONNECT and MSG_FASTOPEN, as Linux has
them (RFC 7413, appendix A, tells of the same calls).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data, fastopen_stack
from tcpref.calls_connection import refuse_connect, start_connect
from tcpref.calls_naming import target
from tcpref.errors import CallError
from tcpref.fastopen_cookies import FastOpenQueue
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

#: What may stand beside MSG_FASTOPEN.
FLAGS = frozenset({"MSG_FASTOPEN", "MSG_DONTWAIT", "MSG_NOSIGNAL"})


def set_queue(made: Socket, args: Arguments) -> None:
    """TCP_FASTOPEN: how many opens of a listener may be pending; 0 turns fast open off."""
    limit = args.number("value")
    if limit < 0 or made.tcb is not None:
        raise CallError("EINVAL")
    if made.fast_open is None:
        made.fast_open = FastOpenQueue(limit)
    made.fast_open.limit = limit


def get_queue(made: Socket) -> int:
    """TCP_FASTOPEN: the bound, 0 where there is none."""
    return 0 if made.fast_open is None else made.fast_open.limit


def set_connect(made: Socket, args: Arguments) -> None:
    """TCP_FASTOPEN_CONNECT: connect() waits with the SYN until there is text for it."""
    value = args.number("value")
    if value not in (0, 1) or made.tcb is not None or made.listener is not None:
        raise CallError("EINVAL")
    made.fast_open_connect = bool(value)


def sendmsg(kernel: Kernel, call: PendingCall) -> Result | None:
    """sendmsg(fd, octets, flags, address): with MSG_FASTOPEN it is connect() and send() in one."""
    flags = call.args.names()
    if "MSG_FASTOPEN" not in flags:
        return calls_data.sendmsg(kernel, call)
    made = target(call)
    if not kernel.stack.settings.fast_open or flags - FLAGS:
        raise CallError("EOPNOTSUPP")
    if not call.started:
        return open_with_text(kernel, call, made)
    if made.connecting:
        return None
    if made.failed:
        made.raise_error()
    return calls_data.give(kernel, call, made, flags)


def open_with_text(kernel: Kernel, call: PendingCall, made: Socket) -> Result | None:
    """The first part: the SYN goes, with text where a cookie is known.

    A non-blocking call returns what it has queued; without a cookie that is nothing, and it is
    told EINPROGRESS. Another waits for the handshake.
    """
    refuse_connect(made)
    if call.args.first("address") is None:
        raise CallError("EDESTADDRREQ")
    text = call.args.octets()[: made.snd_buffer]
    tcb = start_connect(kernel, call, made, fastopen_stack.for_open, text)
    call.started = True
    call.progress = len(tcb.send_buffer)
    if not made.nonblocking and "MSG_DONTWAIT" not in call.args.names():
        return None
    if not call.progress:
        raise CallError("EINPROGRESS")
    return Result(call.progress)
