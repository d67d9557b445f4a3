"""The application's side of a trace: what its socket calls mean for the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Exited, Kill, Returned, Spawn
from tcpassay.model.oracle.descriptors import Descriptors, Ends, Socket
from tcpassay.model.oracle.report import Violation
from tcpassay.model.oracle.returns import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.trace import Entry
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.oracle.oracle import Oracle

_ANY = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class Application:
    """Follows descriptors and calls; tells the flows what the application does."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._descriptors = Descriptors()
        self._calls: dict[int, Call] = {}
        self._listeners: list[Socket] = []
        self._connecting: list[Socket] = []
        self._now = 0

    def take(self, entry: Entry) -> None:
        """An entry that is no datagram."""
        self._now = entry.t_ns
        match entry.data:
            case Call() as call:
                self._calls[call.id] = call
                started = _STARTED.get(call.name)
                if started is not None:
                    started(self, call, self._socket(call))
            case Returned() as returned:
                call_or_none = self._calls.pop(returned.call, None)
                if call_or_none is not None:
                    self._judge(entry, call_or_none, returned)
                    ended = _RETURNED.get(call_or_none.name)
                    if ended is not None and returned.errno is None:
                        ended(self, call_or_none, self._socket(call_or_none), returned)
            case Spawn(process=child, fork_of=parent) if parent is not None:
                self._descriptors.fork(parent, child)
            case Kill(process=process) | Exited(process=process):
                self._gone(self._descriptors.end(process), entry.t_ns)

    def _judge(self, entry: Entry, call: Call, returned: Returned) -> None:
        """Hold what a call has returned against what may be true of its connection."""
        rule, socket = RULES.get(call.name), self._socket(call)
        if rule is None or socket is None or socket.flow is None or socket.flow.opaque:
            return
        wrong = rule(call, socket.flow, returned)
        if wrong is not None:
            why = f"{call.name}(): {wrong.why}"
            self._oracle.report.violations.append(Violation(entry.n, wrong.requirement, why))

    # -- questions of the wire side ------------------------------------------------------------

    def listener(self, address: str, port: int) -> Socket | None:
        """The listening socket that a SYN to an address and port is for."""
        for socket in reversed(self._listeners):
            if socket.local[1] == port and socket.local[0] in (*_ANY, address):
                return socket
        return None

    def may_be_full(self, listener: Socket, new: Flow) -> bool:
        """Whether its queues hold as many other connections as its backlog asks for."""
        waiting = sum(
            1 for flow in listener.made if flow is not new and flow.open and not flow.accepted
        )
        return waiting >= max(listener.backlog, 0)

    def connects(self, flow: Flow, local: Ends, remote: Ends) -> bool:
        """Whether a connect() is under way that this SYN is of."""
        for socket in self._connecting:
            if socket.remote == remote and (not socket.local[1] or socket.local[1] == local[1]):
                self._connecting.remove(socket)
                socket.flow, socket.local = flow, local
                flow.user_timeout = socket.user_timeout
                return True
        return False

    # -- calls that start ------------------------------------------------------------------------

    def _socket(self, call: Call) -> Socket | None:
        for tag, value in call.args:
            if tag == "fd" and isinstance(value, int):
                return self._descriptors.get(call.process, value)
        return None

    def _start_connect(self, call: Call, socket: Socket | None) -> None:
        if socket is None or socket.listening:
            return
        if socket.flow is None or not socket.flow.open:
            socket.remote = _ends(call)
            self._connecting.append(socket)

    def _start_send(self, call: Call, socket: Socket | None) -> None:
        if socket is not None and socket.flow is not None:
            flow, data = socket.flow, _octets(call)
            ahead = len(flow.given.octets) + len(data)
            flow.sender = flow.sender._replace(octets=max(flow.sender.octets, ahead))
            flow.given.append(data)

    def _start_shutdown(self, call: Call, socket: Socket | None) -> None:
        if socket is None or socket.flow is None:
            return
        how = dict(call.args).get("name")
        socket.flow.deaf = socket.flow.deaf or how in {"SHUT_RD", "SHUT_RDWR"}
        if how in {"SHUT_WR", "SHUT_RDWR"}:
            socket.flow.ends()

    def _start_close(self, call: Call, _socket: Socket | None) -> None:
        fd = dict(call.args).get("fd")
        if isinstance(fd, int):
            closed = self._descriptors.close(call.process, fd)
            if closed is not None:
                self._gone([closed], self._now)

    def _start_exit(self, call: Call, _socket: Socket | None) -> None:
        self._gone(self._descriptors.end(call.process), self._now)

    def _gone(self, sockets: list[Socket], now: int) -> None:
        """Nobody has a descriptor any more."""
        for socket in sockets:
            if socket in self._listeners:
                self._listeners.remove(socket)
                for flow in socket.made:
                    if not flow.accepted:
                        flow.abandoned(now, "DOC-17")
            if socket.flow is not None:
                socket.flow.abandoned(now, _reset_clause(socket, socket.flow))

    # -- calls that return -----------------------------------------------------------------------

    def _socket_made(self, call: Call, _socket: Socket | None, returned: Returned) -> None:
        self._descriptors.install(call.process, returned.value, Socket())

    def _bound(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if socket is not None:
            socket.local = _ends(call) or socket.local

    def _listens(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if socket is None:
            return
        length = dict(call.args).get("length")
        socket.backlog = length if isinstance(length, int) else 0
        if not socket.listening:
            socket.listening = True
            self._listeners.append(socket)

    def _named(self, _call: Call, socket: Socket | None, returned: Returned) -> None:
        where = _ends_of(returned.out)
        if socket is not None and where is not None and not socket.local[1]:
            socket.local = where

    def _accepted(self, call: Call, socket: Socket | None, returned: Returned) -> None:
        if socket is None:
            return
        remote = _ends_of(returned.out)
        new = Socket(local=socket.local, remote=remote)
        self._descriptors.install(call.process, returned.value, new)
        for key, flow in self._oracle.flows().items():
            if (key[2], key[3]) == remote and key[1] == socket.local[1] and not flow.accepted:
                flow.accepted = True
                new.flow, new.local = flow, (key[0], key[1])
                return

    def _sent(self, call: Call, socket: Socket | None, returned: Returned) -> None:
        if socket is None or socket.flow is None:
            return
        flow, short = socket.flow, len(_octets(call)) - returned.value
        if short > 0:
            del flow.given.octets[-short:]
        octets = len(flow.given.octets)
        flow.sender = flow.sender._replace(octets=octets, least=octets)

    def _option_set(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if ("name", "TCP_USER_TIMEOUT") in call.args and socket is not None:
            socket.user_timeout = True
            if socket.flow is not None:
                socket.flow.user_timeout = True
        linger = dict(call.args).get("linger")
        if socket is not None and isinstance(linger, (tuple, list)):
            socket.lingers_zero = bool(linger[0]) and not linger[1]

    def _duplicated(self, call: Call, _socket: Socket | None, returned: Returned) -> None:
        fd = dict(call.args).get("fd")
        if isinstance(fd, int):
            self._descriptors.duplicate(call.process, fd, returned.value)


_STARTED: dict[str, Callable[[Application, Call, Socket | None], None]] = {
    "connect": Application._start_connect,
    "send": Application._start_send,
    "sendmsg": Application._start_send,
    "shutdown": Application._start_shutdown,
    "close": Application._start_close,
    "_exit": Application._start_exit,
}

_RETURNED: dict[str, Callable[[Application, Call, Socket | None, Returned], None]] = {
    "socket": Application._socket_made,
    "bind": Application._bound,
    "listen": Application._listens,
    "getsockname": Application._named,
    "accept": Application._accepted,
    "accept4": Application._accepted,
    "send": Application._sent,
    "sendmsg": Application._sent,
    "dup": Application._duplicated,
    "setsockopt": Application._option_set,
}


def _reset_clause(socket: Socket, flow: Flow) -> str:
    """Why the end of a socket takes a reset: SO_LINGER of 0, or text that nobody has read."""
    if socket.lingers_zero:
        return "RFC9293:3.10.5-ABORT-SYNC"
    return "RFC9293:SHLD-3" if flow.unread > 0 else ""


def _ends(call: Call) -> Ends | None:
    return _ends_of(call.args)


def _ends_of(values: tuple[tuple[str, object], ...]) -> Ends | None:
    for tag, value in values:
        if tag == "address" and isinstance(value, (tuple, list)):
            return str(value[0]), int(value[1])
    return None


def _octets(call: Call) -> bytes:
    for tag, value in call.args:
        if tag == "octets" and isinstance(value, bytes):
            return value
    return b""
