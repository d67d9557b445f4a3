"""Readiness: poll and select."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.errors import CallError
from tcpref.waiting import FOREVER, Result

if TYPE_CHECKING:
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.waiting import PendingCall

READ_EVENTS = ("POLLIN", "POLLRDNORM")
WRITE_EVENTS = ("POLLOUT", "POLLWRNORM")

#: A descriptor and the names of events, asked for or seen.
PollEntry = tuple[int, tuple[str, ...]]


def events_of(made: Socket) -> frozenset[str]:
    """Every event that holds for the socket now."""
    events: set[str] = set()
    if made.readable():
        events.update(READ_EVENTS)
    if made.writable():
        events.update(WRITE_EVENTS)
    if made.tcb is not None and urgent.octet_waits(made.tcb):
        events.add("POLLPRI")
    if made.error is not None:
        events.add("POLLERR")
    if made.hung_up():
        events.add("POLLHUP")
    if made.tcb is not None and not made.connecting and made.at_end():
        events.add("POLLRDHUP")
    return frozenset(events)


def poll(kernel: Kernel, call: PendingCall) -> Result | None:
    """poll(pollfds, timeout): POLLERR, POLLHUP and POLLNVAL come unasked."""
    entries = poll_entries(call.args.first("pollfds"))
    table = call.process.descriptors
    if not call.sockets:
        call.sockets = tuple({table[fd]: None for fd, _ in entries if fd in table})
    seen = tuple((fd, seen_events(table.get(fd), fd, asked)) for fd, asked in entries)
    ready = sum(1 for _, events in seen if events)
    timeout = call.args.number("timeout", FOREVER)
    result = Result(ready, out=(("pollfds", seen),))
    if ready or timeout == 0:
        return result
    call.timed_out = result
    kernel.limit_time(call, timeout)
    return None


def seen_events(made: Socket | None, descriptor: int, asked: tuple[str, ...]) -> tuple[str, ...]:
    """What poll() saw of one entry; a negative descriptor is skipped."""
    if made is None:
        return () if descriptor < 0 else ("POLLNVAL",)
    wanted = (*asked, "POLLERR", "POLLHUP")
    events = events_of(made)
    return tuple(dict.fromkeys(name for name in wanted if name in events))


def poll_entries(value: object) -> list[PollEntry]:
    """The array of struct pollfd; raises EINVAL when it is none."""
    if not isinstance(value, (tuple, list)):
        raise CallError("EINVAL")
    entries: list[PollEntry] = []
    for entry in value:
        if not isinstance(entry, (tuple, list)) or len(entry) != 2:
            raise CallError("EINVAL")
        descriptor, names = entry
        if not isinstance(descriptor, int) or not isinstance(names, (tuple, list)):
            raise CallError("EINVAL")
        entries.append((descriptor, tuple(str(name) for name in names)))
    return entries


def select(kernel: Kernel, call: PendingCall) -> Result | None:
    """select(read, write, except, timeout): EBADF for any descriptor that is not open."""
    sets = [call.args.numbers("fds", index) for index in range(3)]
    asked = {fd: call.process.socket(fd) for fds in sets for fd in fds}
    if not call.sockets:
        call.sockets = tuple(dict.fromkeys(asked.values()))
    read = tuple(fd for fd in sets[0] if asked[fd].readable())
    write = tuple(fd for fd in sets[1] if asked[fd].writable())
    special = tuple(fd for fd in sets[2] if asked[fd].exceptional())
    ready = len(read) + len(write) + len(special)
    timeout = call.args.number("timeout", FOREVER)
    result = Result(ready, out=(("fds", read), ("fds", write), ("fds", special)))
    if ready or timeout == 0:
        return result
    call.timed_out = result
    kernel.limit_time(call, timeout)
    return None
