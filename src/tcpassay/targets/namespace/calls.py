"""Socket calls by POSIX name, blocking ones included, made for one app.

Used inside the tester's process with the sockets in a namespace of their own, and inside an app's
own process by the agent.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import struct
from functools import partial
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.core.events import Returned, Signalled
from tcpassay.targets.namespace import libc, options, quick, syscalls, transfer
from tcpassay.targets.namespace.arguments import Arguments
from tcpassay.targets.namespace.descriptors import (
    NOBODY,
    Descriptors,
    OwnDescriptors,
    PrivateDescriptors,
    close_quietly,
)
from tcpassay.targets.namespace.prepared import Prepared, Raw, nothing, raw
from tcpassay.targets.namespace.worker import Flight, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Call, StackEvent, Tagged
    from tcpassay.targets.namespace.netns import NetworkNamespace
    from tcpassay.targets.namespace.syscalls import App

_socket = libc.function("socket")
_setsockopt = libc.function("setsockopt")
_ABORT = struct.pack("ii", 1, 0)


def _exit(_app: App, args: Arguments) -> Prepared:
    """_exit(value): ends an app's own process."""
    return Prepared(partial(os._exit, args.integer("value", 0)), nothing)


def _setrlimit(_app: App, args: Arguments) -> Prepared:
    """setrlimit(name resource, value): the soft limit of an app's own process."""
    which, value = args.constant(), args.integer("value")

    def run() -> Raw:
        try:
            resource.setrlimit(which, (value, resource.getrlimit(which)[1]))
        except (OSError, ValueError):
            return Raw(-1, errno.EINVAL)
        return Raw(0, 0)

    return Prepared(run, nothing)


_CALLS: dict[str, Callable[[App, Arguments], Prepared]] = {
    "socket": syscalls.socket_,
    "bind": syscalls.bind,
    "listen": syscalls.listen,
    "accept": syscalls.accept,
    "accept4": syscalls.accept4,
    "connect": syscalls.connect,
    "send": transfer.send,
    "recv": transfer.recv,
    "sendmsg": transfer.sendmsg,
    "recvmsg": transfer.recvmsg,
    "shutdown": syscalls.shutdown,
    "close": syscalls.close,
    "dup": syscalls.dup,
    "fcntl": syscalls.fcntl,
    "ioctl": syscalls.ioctl,
    "getsockname": syscalls.getsockname,
    "getpeername": syscalls.getpeername,
    "setsockopt": options.setsockopt,
    "getsockopt": options.getsockopt,
    "poll": options.poll,
    "select": options.select,
    "setrlimit": _setrlimit,
    "_exit": _exit,
}
#: Calls about the process itself; a guest in the tester's process has none of its own.
_OF_A_PROCESS = frozenset({"_exit", "setrlimit"})
#: What an agent of this kind says in its HELLO.
CALL_NAMES = tuple(_CALLS)


class PosixCalls:
    """Makes the socket calls of one app, and tells what has become of them.

    `namespace` None: the calls are made in this process and its descriptors are the app's own
    (an agent's app process). Otherwise the app is a guest in the tester's process: its sockets
    are made in `namespace`, its descriptor numbers are private, and SIGPIPE, which Python
    ignores, is told of where send() meets EPIPE.

    One thread at a time may use it. `on_return` is called by another thread whenever a blocked
    call returns.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        *,
        namespace: NetworkNamespace | None = None,
        pool: WorkerPool | None = None,
        on_return: Callable[[], None] | None = None,
    ) -> None:
        self.descriptors: Descriptors = (
            OwnDescriptors() if namespace is None else PrivateDescriptors()
        )
        self.closed: list[tuple[tuple[str, int], tuple[str, int]]] = []
        self._namespace = namespace
        self._now_ns = now_ns
        self._pool = pool if pool is not None else WorkerPool()
        self._on_return = on_return
        self._flights: dict[int, Flight] = {}
        self._events: list[StackEvent] = []
        self._shared = False
        self.scratch = quick.Scratch()
        #: Whether a close may block: somebody has set an option.
        self.may_linger = False

    def start(self, call: Call) -> None:
        """Begin a call. What it led to is told by `settle` or `collect`. Raises AgentFault."""
        make = quick.CALLS.get(call.name)
        if make is not None and (answer := make(self, call.args)) is not None:
            self._told(call, *answer, self._now_ns())
            return
        self.may_linger = self.may_linger or call.name == "setsockopt"
        prepare = _CALLS.get(call.name)
        if prepare is None or (_of_a_process(call) and self._namespace is not None):
            self._events.append(Returned(self._now_ns(), call.id, call.process, -1, "ENOSYS-AGENT"))
            return
        try:
            prepared = prepare(self, Arguments(call))
        except (struct.error, ValueError, OverflowError) as error:
            raise AgentFault(f"call {call.id} {call.name}{call.args!r}: {error}") from None
        if not prepared.sleeps_in:
            self._returned(call, prepared, prepared.run(), self._now_ns())
            return
        result = prepared.attempt() if prepared.attempt is not None else None
        if result is not None:
            self._returned(call, prepared, result, self._now_ns())
        else:
            self._fly(call, prepared)

    def settle(self) -> list[StackEvent]:
        """Wait until every call has returned or sleeps; the events since the last time.

        One returning call may wake another: the round is made until nothing has moved in it.
        """
        moved = bool(self._flights)
        while moved:
            moved = False
            for flight in list(self._flights.values()):
                moved |= flight.wait()
                self._land(flight)
        return self._take_events()

    def collect(self) -> list[StackEvent]:
        """The events since the last time, without waiting for anything."""
        for flight in list(self._flights.values()):
            self._land(flight)
        return self._take_events()

    def cancel(self, call: int) -> None:
        """Make a blocked call return with EINTR; nothing where it has returned."""
        flight = self._flights.get(call)
        if flight is not None:
            flight.interrupt()
            self._land(flight)

    @property
    def busy(self) -> bool:
        """Whether a call has started and not been seen to return."""
        return bool(self._flights)

    def blocked(self) -> tuple[int, ...]:
        """The calls that have started and not returned."""
        return tuple(self._flights)

    def forked(self) -> None:
        """Call in the child after fork(): no thread and no call has come along."""
        self._pool = WorkerPool()
        self._flights.clear()
        self._events.clear()
        self._shared = True

    def descriptors_shared(self) -> None:
        """Say that another process or descriptor may take what poll() saw (dup, fork)."""
        self._shared = True

    def alone(self, real: int) -> bool:
        """Whether nobody else can take what poll() saw on this descriptor."""
        if self._shared:
            return False
        return all(flight.prepared.first != real for flight in self._flights.values())

    def make_socket(self, family: int, kind: int, protocol: int) -> Raw:
        """socket(2), inside the namespace where there is one."""
        if self._namespace is None:
            return raw(_socket, family, kind, protocol)
        with self._namespace:
            return raw(_socket, family, kind, protocol)

    def before_close(self, real: int) -> None:
        """Note the ends of a guest's connection: it may live on in the kernel without a socket."""
        if self._namespace is not None and real != NOBODY:
            ends = syscalls.ends(real, self.scratch.name)
            if ends is not None:
                self.closed.append(ends)

    def close(self) -> None:
        """Interrupt what is blocked and abort the guest's connections; never raises."""
        for flight in list(self._flights.values()):
            flight.interrupt()
            self._land(flight)
        for real in self.descriptors.every():
            _setsockopt(real, socket.SOL_SOCKET, socket.SO_LINGER, _ABORT, len(_ABORT))
            close_quietly(real)
        self.descriptors = PrivateDescriptors()

    def _fly(self, call: Call, prepared: Prepared) -> None:
        worker = self._pool.take()
        flight = Flight(call, prepared, worker)
        self._flights[call.id] = flight
        worker.start(partial(self._run, flight))

    def _run(self, flight: Flight) -> None:
        result = flight.prepared.run()
        flight.land(result, self._now_ns())
        if self._on_return is not None:
            self._on_return()

    def _land(self, flight: Flight) -> None:
        if flight.result is None:
            return
        del self._flights[flight.call.id]
        self._pool.give(flight.worker)
        self._returned(flight.call, flight.prepared, flight.result, flight.t_ns)

    def _returned(self, call: Call, prepared: Prepared, result: Raw, t_ns: int) -> None:
        value, out = prepared.finish(result.value)
        self._told(call, value, result.errno, out, t_ns)

    def _told(
        self, call: Call, value: int, number: int, out: tuple[Tagged, ...], t_ns: int
    ) -> None:
        """Tell of a call that has returned."""
        name = libc.errno_name(number) if number else None
        if name == "EPIPE" and self._namespace is not None and _may_signal(call):
            self._events.append(Signalled(t_ns, call.process, "SIGPIPE"))
        returned = t_ns, call.id, call.process, value, name, out
        self._events.append(tuple.__new__(Returned, returned))

    def _take_events(self) -> list[StackEvent]:
        events, self._events = self._events, []
        return events


def _of_a_process(call: Call) -> bool:
    """Whether the call is about the process; a guest's F_SETOWN would signal the tester."""
    return call.name in _OF_A_PROCESS or (
        call.name == "fcntl" and ("name", "F_SETOWN") in call.args
    )


def _may_signal(call: Call) -> bool:
    """Whether send() on a connection shut down for sending raises SIGPIPE (POSIX, send())."""
    if call.name not in {"send", "sendmsg"}:
        return False
    return not any(
        tag == "flags" and isinstance(value, tuple | list) and "MSG_NOSIGNAL" in value
        for tag, value in call.args
    )
