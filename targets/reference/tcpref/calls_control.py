"""Descriptors' flags, requests and limit: fcntl, ioctl, setrlimit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.calls_naming import target
from tcpref.errors import CallError
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall


def fcntl(_kernel: Kernel, call: PendingCall) -> Result:
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
        return Result(call.process.install(made, lowest))
    if command in ("F_GETFD", "F_SETFD"):
        return Result()
    raise CallError("EINVAL")


def setrlimit(_kernel: Kernel, call: PendingCall) -> Result:
    """setrlimit(RLIMIT_NOFILE, value): how many descriptors the process may have."""
    if call.args.name() != "RLIMIT_NOFILE":
        raise CallError("EINVAL")
    call.process.limit = call.args.number("value")
    return Result()


def ioctl(_kernel: Kernel, call: PendingCall) -> Result:
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
        return Result(out=(("value", 0 if tcb is None else len(tcb.received)),))
    if request == "SIOCOUTQ":
        if made.listener is not None:
            raise CallError("EINVAL")
        return Result(out=(("value", 0 if tcb is None else len(tcb.send_buffer)),))
    raise CallError("EOPNOTSUPP" if request == "SIOCATMARK" else "EINVAL")
