"""Descriptors' flags, requests and limit: fcntl, ioctl, setrlimit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.calls_naming import target
from tcpref.errors import CallError
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall


def fcntl(kernel: Kernel, call: PendingCall) -> Result:
    """fcntl(fd, command, argument): flags, and duplicates from a number up."""
    made = target(call)
    command = call.args.name()
    if command == "F_GETFL":
        flags = ("O_RDWR", "O_NONBLOCK") if made.nonblocking else ("O_RDWR",)
        return Result(out=(("flags", flags),))
    if command == "F_SETFL":
        made.nonblocking = "O_NONBLOCK" in call.args.names()
        return Result()
    if command in ("F_DUPFD", "F_DUPFD_CLOEXEC"):
        lowest = call.args.number("value", 0)
        if not 0 <= lowest < call.process.limit:
            raise CallError("EINVAL")
        return Result(call.process.install(made, lowest, cloexec=command != "F_DUPFD"))
    marked = call.process.close_on_exec
    descriptor = call.args.descriptor()
    if command == "F_GETFD":
        return Result(out=(("flags", ("FD_CLOEXEC",) if descriptor in marked else ()),))
    if command == "F_SETFD":
        close_on_exec = "FD_CLOEXEC" in call.args.names()
        marked.add(descriptor) if close_on_exec else marked.discard(descriptor)
        return Result()
    if command == "F_GETOWN":
        return Result(0 if made.owner is None else made.owner.number)
    if command == "F_SETOWN":
        return set_owner(kernel, call, made)
    raise CallError("EINVAL")


def set_owner(kernel: Kernel, call: PendingCall, made: Socket) -> Result:
    """F_SETOWN: which process gets SIGURG, by its number in the step contract."""
    owner = kernel.processes.get(call.args.number("value"))
    if owner is None:
        raise CallError("ESRCH")
    made.owner = owner
    return Result()


def setrlimit(kernel: Kernel, call: PendingCall) -> Result:
    """setrlimit(RLIMIT_NOFILE, value): how many descriptors the process may have."""
    if call.args.name() != "RLIMIT_NOFILE":
        raise CallError("EINVAL")
    value, ceiling = call.args.number("value"), kernel.stack.settings.max_descriptors
    if value < 0:
        raise CallError("EINVAL")
    if value > ceiling and not call.process.privileged:
        raise CallError("EPERM")
    call.process.limit = value
    return Result()


def ioctl(kernel: Kernel, call: PendingCall) -> Result:
    """ioctl(fd, request, argument): what waits to be read or acknowledged; blocking on or off."""
    made = target(call)
    request = call.args.name()
    if request == "FIONBIO":
        made.nonblocking = bool(call.args.number("value"))
        return Result()
    tcb = made.tcb
    if request == "FIONREAD":
        if made.listener is not None:
            raise CallError("EINVAL")
        return Result(out=(("value", made.available()),))
    if request == "SIOCOUTQ":
        if made.listener is not None:
            raise CallError("EINVAL")
        return Result(out=(("value", 0 if tcb is None else len(tcb.send_buffer)),))
    if request == "SIOCATMARK":
        if not kernel.stack.settings.urgent:
            raise CallError("EOPNOTSUPP")
        return Result(out=(("value", int(tcb is not None and urgent.at_mark(tcb))),))
    raise CallError("EINVAL")
