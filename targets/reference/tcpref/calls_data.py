"""Moving data: send, recv, sendmsg, recvmsg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent, user
from tcpref.calls_naming import target
from tcpref.errors import CallError
from tcpref.tcb import OPENING, SENDING, Tcb
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

SEND_FLAGS = frozenset({"MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_OOB"})
RECV_FLAGS = frozenset({"MSG_DONTWAIT", "MSG_OOB", "MSG_PEEK", "MSG_WAITALL", "MSG_NOSIGNAL"})


def known_flags(kernel: Kernel, call: PendingCall, known: frozenset[str]) -> frozenset[str]:
    """The flags of the call; raises EOPNOTSUPP for one that the stack does not have."""
    flags = call.args.names()
    if not flags <= known or ("MSG_OOB" in flags and not kernel.stack.settings.urgent):
        raise CallError("EOPNOTSUPP")
    return flags


def send(kernel: Kernel, call: PendingCall) -> Result | None:
    """send(fd, octets, flags): a blocking call takes all, another what there is room for."""
    made = target(call)
    return give(kernel, call, made, known_flags(kernel, call, SEND_FLAGS))


def give(kernel: Kernel, call: PendingCall, made: Socket, flags: frozenset[str]) -> Result | None:
    """Queue what there is room for behind what the call has sent already."""
    octets = call.args.octets()
    tcb = sendable(made, call, quiet="MSG_NOSIGNAL" in flags)
    if tcb is None:
        return Result(call.progress)
    room = octets[call.progress : call.progress + made.send_space()]
    if room and (not call.progress or worth_going_on(made, call, len(room))):
        call.progress += len(room)
        last = call.progress == len(octets)
        hand_over = user.send_urgent if last and "MSG_OOB" in flags else user.send
        hand_over(kernel.stack, tcb, room)
    if call.progress == len(octets):
        return Result(call.progress)
    if made.nonblocking or "MSG_DONTWAIT" in flags:
        return call.cut_short("EAGAIN")
    wait(kernel, call, made.snd_timeout)
    return None


def worth_going_on(made: Socket, call: PendingCall, room: int) -> bool:
    """Whether a call that has been blocked takes more: for all that is left, or for a third of the
    buffer. Less would cost a turn of the sender's for each acknowledgement.
    """
    left = len(call.args.octets()) - call.progress
    return room >= min(left, made.snd_buffer // 3)


def sendable(made: Socket, call: PendingCall, *, quiet: bool) -> Tcb | None:
    """The connection to send on, or None when the call ends with what it has done so far."""
    broken = peer_left_first(made)
    if made.error is not None and not broken:
        if call.progress:
            return None
        made.raise_error()
    tcb = made.connection()
    if broken or made.write_shut or tcb.state not in SENDING | OPENING:
        if call.progress:
            return None
        if not quiet:
            call.signals.append("SIGPIPE")
        raise CallError("EPIPE")
    return tcb


def peer_left_first(made: Socket) -> bool:
    """A reset that followed the peer's FIN: to a sender the pipe is broken, a reader is told."""
    return made.error == "ECONNRESET" and made.tcb is not None and made.tcb.fin_received


def wait(kernel: Kernel, call: PendingCall, timeout: int) -> None:
    """Block, at most for the socket's time-out in milliseconds (0: for ever)."""
    if timeout:
        kernel.limit_time(call, timeout)
        call.timed_out = call.cut_short("EAGAIN")


def sendmsg(kernel: Kernel, call: PendingCall) -> Result | None:
    """sendmsg(fd, octets, flags, address): a stream's address cannot be chosen a message."""
    if call.args.first("address") is not None:
        connected = target(call).tcb is not None
        raise CallError("EISCONN" if connected else "ENOTCONN")
    return send(kernel, call)


def recv(kernel: Kernel, call: PendingCall) -> Result | None:
    """recv(fd, length, flags): queued octets, then an error, then the end."""
    octets = receive(kernel, call)
    return None if octets is None else Result(len(octets), out=(("octets", octets),))


def recvmsg(kernel: Kernel, call: PendingCall) -> Result | None:
    """recvmsg(fd, length, flags): as recv, with the flags of the message."""
    octets = receive(kernel, call)
    if octets is None:
        return None
    seen = ("MSG_OOB",) if octets and "MSG_OOB" in call.args.names() else ()
    return Result(len(octets), out=(("octets", octets), ("flags", seen)))


def receive(kernel: Kernel, call: PendingCall) -> bytes | None:
    """The octets to return, or None to block."""
    made = target(call)
    flags, length = call.request or read_request(kernel, call)
    if made.failed:
        made.raise_error()
    tcb = made.connection()
    peek = "MSG_PEEK" in flags
    if "MSG_OOB" in flags:
        return receive_urgent(kernel, made, tcb, length, peek=peek)
    octets = gather(kernel, call, tcb, length, peek=peek)
    enough = len(octets) >= (length if "MSG_WAITALL" in flags else min(1, length))
    if enough or reaches_mark(tcb, octets, peek=peek) or ended(made, octets):
        return octets
    if made.nonblocking or "MSG_DONTWAIT" in flags:
        if octets:
            return octets
        raise CallError("EAGAIN")
    wait(kernel, call, made.rcv_timeout)
    return None


def read_request(kernel: Kernel, call: PendingCall) -> tuple[frozenset[str], int]:
    """The flags and the length that the call asks for."""
    flags = known_flags(kernel, call, RECV_FLAGS)
    length = call.args.number("length")
    if length < 0:
        raise CallError("EINVAL")
    call.request = flags, length
    return flags, length


def gather(kernel: Kernel, call: PendingCall, tcb: Tcb, length: int, *, peek: bool) -> bytes:
    """What the call has so far, with what has come since it was tried last."""
    if tcb.mark is not None and reaches_mark(tcb, call.octets, peek=False):
        return call.octets
    more = user.receive(kernel.stack, tcb, length - len(call.octets), peek=peek)
    if peek:
        return more
    call.octets = call.octets + more if call.octets else more
    return call.octets


def reaches_mark(tcb: Tcb, octets: bytes, *, peek: bool) -> bool:
    """Whether `octets`, which were read or looked at, end at the mark: there a read stops."""
    mark = tcb.mark
    return mark is not None and bool(octets) and mark.ahead == (len(octets) if peek else 0)


def receive_urgent(kernel: Kernel, made: Socket, tcb: Tcb, length: int, *, peek: bool) -> bytes:
    """MSG_OOB: the urgent octet. It never blocks: EAGAIN while the octet is still to come.

    EINVAL where there is none, it was taken, or SO_OOBINLINE has left it in the stream.
    """
    made.raise_error()
    mark = tcb.mark
    if made.oob_inline or mark is None or mark.taken:
        raise CallError("EINVAL")
    if urgent.octet_waits(tcb):
        return user.receive_urgent(kernel.stack, tcb, peek=peek) if length else b""
    if made.at_end():
        return b""
    raise CallError("EAGAIN")


def ended(made: Socket, octets: bytes) -> bool:
    """Whether nothing can follow `octets`; raises the pending error if there are none."""
    if not octets and made.error is not None:
        made.raise_error()
    return made.error is not None or (not made.connecting and made.at_end())
