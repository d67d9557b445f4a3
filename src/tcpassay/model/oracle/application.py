"""The application's side of a trace: what its socket calls mean for the connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_MS, NS_PER_S
from tcpassay.core.events import Call, Exited, Kill, Returned, Signalled, Spawn
from tcpassay.model.oracle import flow_calls, flow_due
from tcpassay.model.oracle.descriptors import Descriptors, Ends, Socket
from tcpassay.model.oracle.judging import by_return
from tcpassay.model.oracle.report import Violation
from tcpassay.model.oracle.returns import (
    RULES,
    UNDER_WAY,
    connected_again,
    ended_for_sending,
    not_accepted,
    sent_nowhere,
    shut_all_the_same,
    surely_open,
)
from tcpassay.model.tcb import SYNCHRONIZED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.trace import Entry
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.oracle.oracle import Oracle

#: Errors that tell of the end of a connection, once.
_ENDED = frozenset({"ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED"})

#: Errors that do so before the connection is open (RFC 1122, 4.2.3.9; RFC 5461, 3).
_UNREACHABLE = frozenset(
    {"EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EPROTO", "EOPNOTSUPP", "EHOSTDOWN", "ENONET"}
)
_UNSYNCHRONIZED = frozenset({"CLOSED", "SYN-SENT", "SYN-RECEIVED"})

_ANY = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class Application:
    """Follows descriptors and calls; tells the flows what the application does."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self._descriptors = Descriptors()
        self._calls: dict[int, Call] = {}
        self._listeners: list[Socket] = []
        self._connecting: list[Socket] = []
        self._now = self._n = 0
        #: Calls that began when their flow could still be sent on.
        self._in_time: set[int] = set()
        #: Calls of connect() that began on a socket which had been connected.
        self._again: set[int] = set()
        #: SIGPIPEs that no call accounts for yet, by process.
        self.signals: dict[int, int] = {}

    def take(self, entry: Entry) -> None:
        """An entry that is no datagram."""
        self._now, self._n = entry.t_ns, entry.n
        match entry.data:
            case Call() as call:
                self._calls[call.id] = call
                started = _STARTED.get(call.name)
                if started is not None:
                    started(self, call, self._socket(call))
            case Returned() as returned:
                call_or_none = self._calls.pop(returned.call, None)
                if call_or_none is not None:
                    self._judge(call_or_none, returned)
                    self._in_time.discard(returned.call)
                    self._again.discard(returned.call)
                    ended = _RETURNED.get(call_or_none.name)
                    if ended is not None and (returned.errno is None or ended in _FAILING):
                        ended(self, call_or_none, self._socket(call_or_none), returned)
            case Signalled(process=process, signal="SIGPIPE") if self._oracle.virtual:
                self.signals[process] = entry.n
            case Spawn(process=child, fork_of=parent) if parent is not None:
                self._descriptors.fork(parent, child)
            case Kill(process=process) | Exited(process=process):
                self._gone(self._descriptors.end(process), entry.t_ns)

    def _judge(self, call: Call, returned: Returned) -> None:
        """Hold what a call has returned against what may be true of its connection."""
        socket = self._socket(call)
        if socket is not None and socket.flow is not None and call.name == "getsockopt":
            socket.flow.reported = True
        if call.name in RULES and socket is not None:
            self._judge_flow(call, returned, socket)
            wrong = sent_nowhere(call, socket, returned)
            if wrong is not None:
                self._wrong(wrong.requirement, f"{call.name}(): {wrong.why}")
        if call.name in {"accept", "accept4"} and socket is not None:
            wrong = not_accepted(socket, returned)
            if wrong is not None:
                self._wrong(wrong.requirement, f"{call.name}(): {wrong.why}")
        if returned.errno == "EPIPE":
            self._broken_pipe(call)

    def _judge_flow(self, call: Call, returned: Returned, socket: Socket) -> None:
        flow = socket.flow
        if flow is None or flow.opaque:
            return
        if returned.errno is None and call.id in self._in_time:
            wrong = None  # It had begun before, and was waiting for room: what it took stays taken.
        else:
            wrong = RULES[call.name](call, flow, returned)
        if wrong is None and call.id in self._again:
            wrong = connected_again(flow, returned)
        if wrong is not None:
            wrong = shut_all_the_same(call, socket, returned) or wrong
            self._wrong(wrong.requirement, f"{call.name}(): {wrong.why}")
        else:
            for clause in by_return(call, returned):
                self._oracle.report.count(clause)
        if returned.errno in _ENDED or (
            returned.errno in _UNREACHABLE and _may_be_gone(flow, self._now)
        ):
            flow.reported = True
        if call.name in {"recv", "recvmsg"} and returned.errno is None:
            flow_due.wants_to_send(flow, self._now)
            self._oracle.owes(flow)
        if wrong is None and returned.errno == "ETIMEDOUT":
            flow_calls.given_up(flow, self._now)
        elif wrong is None and call.name == "connect" and _may_be_aborted(flow, returned):
            standing = flow.hypotheses
            flow_calls.given_up(flow, self._now)
            flow.hypotheses += standing

    def idle(self) -> None:
        """The stack has become idle: a signal that went with no call has come for nothing."""
        for n in self.signals.values():
            why = "SIGPIPE, and no call has failed"
            self._oracle.report.violations.append(Violation(n, "POSIX:SIGPIPE", why))
        self.signals.clear()

    def _broken_pipe(self, call: Call) -> None:
        """EPIPE goes with SIGPIPE, but where the call has said otherwise."""
        signalled = self.signals.pop(call.process, None)
        quiet = "MSG_NOSIGNAL" in _flags(call)
        if quiet and signalled is not None:
            self._wrong("POSIX:SEND-NOSIGNAL", f"{call.name}(): SIGPIPE despite MSG_NOSIGNAL")
        elif not quiet and signalled is None and self._oracle.virtual:
            self._wrong("POSIX:SIGPIPE", f"{call.name}(): EPIPE without SIGPIPE")

    # -- questions of the wire side ------------------------------------------------------------

    def listener(self, address: str, port: int) -> Socket | None:
        """The listening socket that a SYN to an address and port is for."""
        for socket in reversed(self._listeners):
            if socket.v6only and ":" not in address:
                continue
            if socket.local[1] == port and socket.local[0] in (*_ANY, address):
                return socket
        return None

    def may_be_full(self, listener: Socket, new: Flow) -> bool:
        """Whether its queues hold as many other connections as its backlog asks for."""
        waiting = {
            flow: None for flow in listener.made if (flow.open or flow.opaque) and not flow.accepted
        }
        listener.made = waiting
        return len(waiting) - (new in waiting) >= max(listener.backlog, 0)

    def connects(self, flow: Flow, local: Ends, remote: Ends) -> bool:
        """Whether a connect() is under way that this SYN is of."""
        for socket in self._connecting:
            if socket.remote == remote and (not socket.local[1] or socket.local[1] == local[1]):
                self._connecting.remove(socket)
                socket.flow, socket.local = flow, local
                flow_calls.gives(flow, bytes(socket.early))
                socket.early.clear()
                _options_of(socket)
                flow.shut_in_vain = bool(socket.failed_shutdowns & {"SHUT_WR", "SHUT_RDWR"})
                flow.deaf_in_vain = bool(socket.failed_shutdowns & {"SHUT_RD", "SHUT_RDWR"})
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
        if call.name == "connect" and socket.connected and socket.flow is not None:
            self._again.add(call.id)
        if socket.flow is None or not socket.flow.open or socket.flow.may_be_over:
            socket.connected = False
            if not socket.bound:
                socket.local = "", 0
            socket.remote = _ends(call)
            self._connecting.append(socket)

    def _start_send(self, call: Call, socket: Socket | None) -> None:
        if "MSG_FASTOPEN" in _flags(call):
            self._start_connect(call, socket)
        if socket is not None and socket.flow is None:
            socket.early += _octets(call)
            self._in_time.add(call.id)
        if socket is not None and socket.flow is not None:
            flow, data = socket.flow, _octets(call)
            if flow_calls.nothing_waits(flow):
                flow.waiting_since = self._now
            if not ended_for_sending(flow):
                self._in_time.add(call.id)
            ahead = len(flow.given.octets) + len(data)
            flow.sender = flow.sender._replace(
                octets=max(flow.sender.octets, ahead),
                urgent=flow.sender.urgent or "MSG_OOB" in _flags(call),
            )
            flow.given.append(data)
            flow.pushed_later = flow.pushed_later or "MSG_MORE" in _flags(call)

    def _start_shutdown(self, call: Call, socket: Socket | None) -> None:
        how = dict(call.args).get("name")
        if socket in self._listeners and how in {"SHUT_RD", "SHUT_RDWR"}:
            # POSIX leaves open what becomes of a listener: it may stay, or end as by close().
            for flow in socket.made:
                flow.opaque = flow.opaque or not flow.accepted
            socket.shut = True
        if socket is None or socket.flow is None:
            return
        socket.had = socket.flow.sender.ended, socket.flow.deaf
        if how in {"SHUT_RD", "SHUT_RDWR"}:
            flow_calls.reads_no_more(socket.flow)
        if how in {"SHUT_WR", "SHUT_RDWR"}:
            flow_calls.ends(socket.flow)
        flow_calls.may_be_dropped(socket.flow)
        flow_due.wants_to_send(socket.flow, self._now)
        self._oracle.owes(socket.flow)

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
                        flow_calls.abandoned(flow, now, "DOC-17")
                        self._oracle.owes(flow)
            if socket.flow is not None:
                clause = _reset_clause(socket, socket.flow)
                # A call that waits on the socket has it still; POSIX leaves open what close() does.
                socket.flow.may_wait = socket.flow.may_wait or len(self._calls) > 1
                flow_calls.abandoned(socket.flow, now, clause)
                flow_due.wants_to_send(socket.flow, now)
                self._oracle.owes(socket.flow)

    # -- calls that return -----------------------------------------------------------------------

    def _socket_made(self, call: Call, _socket: Socket | None, returned: Returned) -> None:
        self._descriptors.install(call.process, returned.value, Socket())

    def _bound(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if socket is not None:
            socket.local, socket.bound = _ends(call) or socket.local, True

    def _listens(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if socket is None:
            return
        length = dict(call.args).get("length")
        socket.backlog = length if isinstance(length, int) else 0
        if not socket.listening:
            socket.listening = True
            self._listeners.append(socket)
        if socket.flow is not None and surely_open(socket.flow):
            self._wrong("POSIX:LISTEN-CONNECTED", "listen() taken, and the socket is connected")
        elif socket.flow is not None and not socket.bound:
            # The port of an attempt that is over may have been given back: nobody can tell where.
            socket.shut = socket.flow.opaque = True

    def _named(self, _call: Call, socket: Socket | None, returned: Returned) -> None:
        where = _ends_of(returned.out)
        if socket is not None and where is not None and not socket.local[1]:
            socket.local = where

    def _accepted(self, call: Call, socket: Socket | None, returned: Returned) -> None:
        if socket is None:
            return
        remote = _ends_of(returned.out)
        new = Socket(local=socket.local, remote=remote, keepalive=socket.keepalive)
        new.keepidle_s, new.corked = socket.keepidle_s, socket.corked
        new.buffer_set, new.user_timeout = socket.buffer_set, socket.user_timeout
        self._descriptors.install(call.process, returned.value, new)
        flow = self._oracle.flow_to(socket.local[1], remote) if remote else _first(socket)
        if not remote and _anyone_may_wait(socket):
            new.connected = True
            return
        if flow is not None and flow.follows_waiting:
            # Nobody can tell whether this is the connection that was reset in the queue (DOC-30).
            flow.opaque = flow.accepted = True
        elif flow is not None:
            self._in_order(socket, flow)
            flow_calls.handed_out(flow, self._n)
            new.flow, new.connected = flow, True
            _options_of(new)

    def _connected(self, _call: Call, socket: Socket | None, returned: Returned) -> None:
        if socket is None:
            return
        self._begun(socket, returned)
        if returned.errno == "EISCONN":
            socket.connected = True
        elif returned.errno is None and socket.flow is not None:
            socket.connected = surely_open(socket.flow)

    def _begun(self, socket: Socket, returned: Returned) -> None:
        """An attempt to connect is under way, or it is not: then no SYN is of it."""
        if returned.errno not in UNDER_WAY and socket in self._connecting:
            self._connecting.remove(socket)

    def _in_order(self, listener: Socket, flow: Flow) -> None:
        """accept() hands out the connection whose handshake was over first.

        Where it waits for text as well, nobody can tell from outside which was ready first.
        """
        if listener.deferring:
            return
        earlier = [
            other
            for other in listener.made
            if other is not flow and not other.accepted and not other.opaque
            if 0 < other.surely_completed < flow.first_completed
        ]
        if any(all(h.tcb.state in SYNCHRONIZED for h in other.hypotheses) for other in earlier):
            why = "accept(): another connection was completed earlier"
            self._wrong("POSIX:ACCEPT-ORDER", why)

    def _wrong(self, requirement: str, why: str) -> None:
        self._oracle.report.violations.append(Violation(self._n, requirement, why))

    def _sent(self, call: Call, socket: Socket | None, returned: Returned) -> None:
        if socket is None:
            return
        if "MSG_FASTOPEN" in _flags(call):
            self._begun(socket, returned)
        short = len(_octets(call)) - max(0, returned.value)
        if socket.flow is None:
            del socket.early[len(socket.early) - short :]
            return
        flow = socket.flow
        if short > 0:
            del flow.given.octets[-short:]
        octets = len(flow.given.octets)
        flow.sender = flow.sender._replace(octets=octets, least=octets)
        flow_due.wants_probe(flow, self._now)
        flow_due.wants_to_send(flow, self._now)
        self._oracle.owes(flow)

    def _shut(self, call: Call, socket: Socket | None, returned: Returned) -> None:
        if returned.errno is None or socket is None:
            return
        socket.failed_shutdowns.add(dict(call.args).get("name"))
        if socket.flow is not None:
            ended, deaf = socket.had
            socket.flow.sender = socket.flow.sender._replace(ended=ended)
            if not deaf:
                flow_calls.reads_on(socket.flow)

    def _option_set(self, call: Call, socket: Socket | None, _returned: Returned) -> None:
        if socket is None:
            return
        names = {value for tag, value in call.args if tag == "name"}
        value = dict(call.args).get("value")
        if names & {"TCP_FASTOPEN_KEY", "TCP_FASTOPEN_NO_COOKIE"}:
            self._oracle.fast_opens.keyed = True
        if "TCP_USER_TIMEOUT" in names and isinstance(value, int):
            socket.user_timeout = value * NS_PER_MS
        socket.counts_syns = socket.counts_syns or "TCP_SYNCNT" in names
        if "SO_KEEPALIVE" in names:
            socket.keepalive = bool(value)
        if names & {"TCP_KEEPIDLE", "TCP_KEEPALIVE", "TCP_KEEPINTVL"} and isinstance(value, int):
            socket.keepidle_s = min(value, socket.keepidle_s or value)
        if "IPV6_V6ONLY" in names:
            socket.v6only = bool(value)
        socket.corked = socket.corked or "TCP_CORK" in names
        socket.buffer_set = socket.buffer_set or "SO_RCVBUF" in names
        lazy = "TCP_DEFER_ACCEPT" in names or ("TCP_QUICKACK" in names and value == 0)
        socket.lazy = socket.lazy or lazy
        socket.deferring = socket.deferring or "TCP_DEFER_ACCEPT" in names
        _options_of(socket)
        linger = dict(call.args).get("linger")
        if isinstance(linger, (tuple, list)):
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
    "connect": Application._connected,
    "accept": Application._accepted,
    "accept4": Application._accepted,
    "send": Application._sent,
    "sendmsg": Application._sent,
    "shutdown": Application._shut,
    "dup": Application._duplicated,
    "setsockopt": Application._option_set,
}


#: What there is to do even where a call has failed: octets were not taken, no attempt is under way.
_FAILING = frozenset({Application._connected, Application._sent, Application._shut})


def _may_be_aborted(flow: Flow, returned: Returned) -> bool:
    """Whether connect() has told of an ICMP error that is hard, or of what it has led to: it ends
    the attempt, and a soft one does not (RFC 1122, 4.2.3.9).
    """
    return flow.icmp and returned.errno in _ENDED | _UNREACHABLE | {"ECONNABORTED"}


def _may_be_gone(flow: Flow, now: int) -> bool:
    """Whether ICMP may have ended what was being opened, or be told for a connection given up."""
    opening = all(h.tcb.state in _UNSYNCHRONIZED for h in flow.hypotheses)
    return flow.icmp and (opening or bool(flow_due.lapsed(flow, now)))


def _reset_clause(socket: Socket, flow: Flow) -> str:
    """Why the end of a socket takes a reset: SO_LINGER of 0, or text that nobody has read."""
    if socket.lingers_zero:
        return "RFC9293:3.10.5-ABORT-SYNC"
    return "RFC9293:SHLD-3" if flow.unread > 0 else ""


#: RFC 9293, 3.8.4 (MUST-28): the interval of keep-alives is no less by default.
KEEPALIVE_S = 7_200


def _anyone_may_wait(listener: Socket) -> bool:
    """Whether accept(), which has told no address, may have handed out one that is not known to be
    complete; nothing is said any more of what waits.
    """
    waiting = [flow for flow in listener.made if flow.first_completed and not flow.accepted]
    unsure = any(not flow.completed for flow in waiting)
    for flow in waiting:
        flow.opaque = flow.opaque or unsure
    return unsure


def _first(listener: Socket) -> Flow | None:
    """The connection that accept() hands out first."""
    waiting = [flow for flow in listener.made if flow.completed and not flow.accepted]
    return min(waiting, key=lambda flow: flow.completed, default=None)


def _options_of(socket: Socket) -> None:
    """What the options of a socket mean for its connection."""
    flow = socket.flow
    if flow is None:
        return
    if socket.user_timeout is not None:
        flow.user_timeout = socket.user_timeout
    flow.counts_syns = flow.counts_syns or socket.counts_syns
    flow.pushed_later = flow.pushed_later or socket.corked
    flow.buffer_set = flow.buffer_set or socket.buffer_set
    flow.lazy = flow.lazy or socket.lazy
    idle = socket.keepidle_s if socket.keepidle_s is not None else KEEPALIVE_S
    flow.keepalive = idle * NS_PER_S if socket.keepalive else None


def _ends(call: Call) -> Ends | None:
    return _ends_of(call.args)


def _ends_of(values: tuple[tuple[str, object], ...]) -> Ends | None:
    for tag, value in values:
        if tag == "address" and isinstance(value, (tuple, list)):
            # IPv4 behind an IPv6 socket (RFC 3493, 3.7) is IPv4 on the wire.
            # The interface of a link-local address is not on the wire either (RFC 4007, 11).
            host = str(value[0]).removeprefix("::ffff:").partition("%")[0]
            return host, int(value[1])
    return None


def _flags(call: Call) -> tuple[str, ...]:
    return next((v for tag, v in call.args if tag == "flags" and isinstance(v, tuple)), ())


def _octets(call: Call) -> bytes:
    for tag, value in call.args:
        if tag == "octets" and isinstance(value, bytes):
            return value
    return b""
