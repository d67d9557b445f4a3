"""The host around the stack: processes, their calls, and what blocks and wakes.

A call is an attempt that either returns a result or blocks on sockets. After each step the calls
blocked on sockets that may have become ready are tried again, in the order in which they started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tcpref import reuseport, user
from tcpref.arguments import Arguments, Tagged
from tcpref.errors import CallError
from tcpref.names import Resolver
from tcpref.processes import Process
from tcpref.waiting import PendingCall, Result

if TYPE_CHECKING:
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

Call = Callable[["Kernel", PendingCall], Result | None]

#: Numbers of the signals that end a process (POSIX, kill utility; x86 Linux for the rest).
SIGNALS = {"SIGHUP": 1, "SIGINT": 2, "SIGQUIT": 3, "SIGABRT": 6, "SIGKILL": 9, "SIGTERM": 15}


class Kernel:
    """Processes and pending calls over one stack."""

    def __init__(self, stack: Stack, calls: dict[str, Call]) -> None:
        self.stack = stack
        self.calls = calls
        self.resolver = Resolver(stack.settings, stack.addresses)
        self.processes = {0: Process(0, 0, stack.settings.max_descriptors)}
        self.pending: dict[int, PendingCall] = {}

    # Calls.
    def start(self, number: int, process: int, name: str, args: Sequence[Tagged]) -> None:
        """Begin a call; it returns now or stays pending."""
        if self.stack.quiet is not None:
            self.stack.quiet.begin(self.stack.now)
        owner = self.processes.get(process)
        if owner is None:
            self.stack.events.append(("return", number, process, -1, "ESRCH", ()))
            return
        call = PendingCall(number, owner, name, Arguments(args))
        function = self.calls.get(name)
        if function is None:
            self.finish(call, Result(-1, "ENOSYS-AGENT"))
        elif not self.attempt(call, function) and process in self.processes:
            self.block(call)

    def attempt(self, call: PendingCall, function: Call) -> bool:
        """Try to finish the call; whether it returned."""
        try:
            result = function(self, call)
        except CallError as error:
            result = Result(-1, error.errno)
        if result is None:
            return False
        self.finish(call, result)
        return True

    def block(self, call: PendingCall) -> None:
        """Keep the call until one of its sockets wakes it."""
        self.pending[call.id] = call
        for socket in call.sockets:
            socket.waiters.append(call)

    def finish(self, call: PendingCall, result: Result) -> None:
        """Report the return, after the signals that the call raised."""
        number = call.process.number
        events = self.stack.events
        if call.signals:
            events.extend(("signal", number, name) for name in call.signals)
        value, errno, out = result
        events.append(("return", call.id, number, -1 if errno else value, errno, out))
        self.forget(call)

    def forget(self, call: PendingCall) -> None:
        """The call is no longer pending."""
        if self.pending.pop(call.id, None) is not None:
            for socket in call.sockets:
                if call in socket.waiters:
                    socket.waiters.remove(call)
        if call.timer is not None:
            call.timer.stop()

    def cancel(self, number: int) -> None:
        """A signal reached the caller: the call returns what it has done, or EINTR."""
        call = self.pending.get(number)
        if call is not None:
            self.finish(call, call.cut_short("EINTR"))
            self.settle()

    def limit_time(self, call: PendingCall, milliseconds: int) -> None:
        """Let the call end after this long; negative is for ever."""
        if milliseconds >= 0 and not call.limit().running:
            self.stack.timers.start(call.limit(), self.stack.now + milliseconds * 1_000_000)

    def settle(self) -> None:
        """Try calls again until nothing that woke up can return."""
        stack = self.stack
        while stack.expired_calls or stack.woken:
            if stack.expired_calls:
                self.end_expired()
            woken, stack.woken = stack.woken, []
            for socket in woken:
                self.retry(socket)

    def end_expired(self) -> None:
        """Let calls return whose time is over."""
        expired, self.stack.expired_calls = self.stack.expired_calls, []
        for call in expired:
            if isinstance(call, PendingCall) and call.id in self.pending:
                self.finish(call, call.timed_out)

    def retry(self, socket: Socket) -> None:
        """Try every call that is blocked on the socket."""
        for call in tuple(socket.waiters):
            if call.id in self.pending:
                self.attempt(call, self.calls[call.name])

    def wake(self, socket: Socket) -> None:
        """The socket changed by a call; others blocked on it are tried again."""
        if socket.waiters:
            self.stack.woken.append(socket)

    # Processes.
    def spawn(self, process: int, fork_of: int | None, owner: int | None) -> None:
        """A new process, or a copy of one; raises ValueError for a number that is wrong."""
        if process in self.processes:
            msg = f"process {process}: wanted a new number, got one in use; choose another"
            raise ValueError(msg)
        if fork_of is None:
            limit = self.stack.settings.max_descriptors
            self.processes[process] = Process(process, owner or 0, limit)
            return
        parent = self.processes.get(fork_of)
        if parent is None:
            msg = f"process {process}: wanted a living process to fork, got {fork_of}; spawn it"
            raise ValueError(msg)
        self.processes[process] = parent.fork(process, owner)

    def kill(self, process: int, signal: str) -> None:
        """End a process by a signal."""
        self.end(process, -SIGNALS.get(signal, 9))

    def end(self, process: int, status: int) -> None:
        """End a process: its calls vanish, its descriptors are closed (POSIX _exit())."""
        gone = self.processes.pop(process, None)
        if gone is None:
            return
        gone.alive = False
        for call in [call for call in self.pending.values() if call.process is gone]:
            self.forget(call)
        for descriptor in sorted(gone.descriptors):
            self.release(gone.remove(descriptor))
        self.stack.events.append(("exit", process, status))

    def release(self, socket: Socket) -> None:
        """Close the socket if no descriptor refers to it any more."""
        if socket.references == 0:
            close_socket(self.stack, socket)
            self.wake(socket)


def close_socket(stack: Stack, socket: Socket) -> None:
    """The last descriptor is closed: end the listener or the connection, free the port."""
    if socket.listener is not None:
        close_listener(stack, socket)
    tcb = socket.tcb
    if tcb is not None:
        if socket.linger == (1, 0):
            tcb.app_gone = True
            user.abort(stack, tcb, None)
        else:
            user.abandon(stack, tcb)
    if socket.binding is not None:
        stack.ports.release(socket.binding)
        socket.binding = None


def close_listener(stack: Stack, socket: Socket) -> None:
    """LISTEN ends without a segment; connections that nobody accepted are aborted."""
    listener = socket.listener
    if listener is None:
        return
    socket.listener = None
    reuseport.leave(stack, listener)
    for tcb in tuple(listener.syn_queue.values()):
        if tcb.deferral is None:
            stack.close_connection(tcb, None)
        else:
            user.abort(stack, tcb, None)
    for tcb in tuple(listener.accept_queue):
        user.abort(stack, tcb, None)
