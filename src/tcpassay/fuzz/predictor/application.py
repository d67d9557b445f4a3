"""The socket calls of a case: what they mean for its connections, and what they may return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.predictor import names
from tcpassay.fuzz.predictor.several import MOST
from tcpassay.fuzz.predictor.sockets import Socket, ends_of
from tcpassay.model.answers import Answer
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.oracle.returns import OPEN, UNDER_WAY
from tcpassay.model.rules.departure import ABORTED_BY_RESET
from tcpassay.model.tcb import SYNCHRONIZED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Call, Returned, Signalled
    from tcpassay.fuzz.predictor.connection import Connection
    from tcpassay.fuzz.predictor.wire import Wire
    from tcpassay.model.tcb import Read

#: Errors that tell of the end of a connection, once.
_ENDED = frozenset({"ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED"})
_GIVEN_UP = frozenset({"ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EPROTO"})
#: States in which close() leads to a FIN.
_FIN_TO_COME = frozenset({"SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"})
#: Settings of fast open by hand: nothing is said of text on a SYN then.
_KEYED = frozenset({"TCP_FASTOPEN_KEY", "TCP_FASTOPEN_NO_COOKIE"})


class Application:
    """Follows descriptors and calls of one process."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.begins()

    def begins(self) -> None:
        """Another case, with nothing open."""
        self._sockets: dict[int, Socket] = {}
        self._calls: dict[int, tuple[Call, bool]] = {}
        self.signal = False

    def signalled(self, signal: Signalled, _now: int, n: int) -> None:
        """A signal has come: SIGPIPE goes with a call that says EPIPE."""
        if signal.signal == "SIGPIPE":
            self.signal = True
        else:
            self._wire.refuse(n, f"signal {signal.signal}")

    # -- calls that start ------------------------------------------------------------------------

    def starts(self, call: Call, now: int, n: int) -> None:
        """A call begins."""
        number, name = call.id, call.name
        socket, state = self._sockets.get(_descriptor(call)), "CLOSED"
        if socket is not None:
            state = socket.state
            self._wire.touched = socket.conn
        self._wire.hears(state, names.PLAIN.get(name) or names.call_named(call))
        started = _STARTED.get(name)
        in_time = started(self, call, socket, now, n) if started is not None else False
        self._calls[number] = call, in_time

    def _connect(self, call: Call, socket: Socket | None, _now: int, _n: int) -> bool:
        if socket is None or socket.listening:
            return False
        if socket.conn is None or socket.conn.state == "CLOSED":
            if not socket.bound:
                socket.local = "", 0
            socket.remote = ends_of(call.args)
            self._wire.connecting.append(socket)
        return False

    def _send(self, call: Call, socket: Socket | None, now: int, n: int) -> bool:
        data = b""
        for tag, value in call.args:
            if tag == "octets" and isinstance(value, bytes):
                data = value
            elif tag == "flags" and "MSG_FASTOPEN" in value:  # type: ignore[operator]
                self._wire.refuse(n, "MSG_FASTOPEN")
        if socket is None:
            return False
        conn = socket.conn
        if conn is None:
            socket.early += data
            return True
        if not conn.unsent and conn.snd_una == conn.snd_nxt:
            conn.progresses(now)
        conn.given += data
        return not (conn.ended or (conn.told == "reset" and not conn.fin_taken))

    def _shutdown(self, call: Call, socket: Socket | None, _now: int, n: int) -> bool:
        how = call.args[-1][1]
        if socket is None:
            return False
        if socket.listening and how != "SHUT_WR":
            self._wire.refuse(n, "shutdown of a listener")
        conn = socket.conn
        if conn is None:
            return False
        socket.had = conn.ended, conn.deaf
        if how != "SHUT_WR":
            conn.deaf = True
            _reads(conn, "open", "shut")
        if how != "SHUT_RD":
            conn.ended = True
        if conn.state == "SYN-SENT":
            gone = [
                Hypothesis(h.tcb._replace(state="CLOSED"))
                for h in conn.ways()
                if h.tcb.state == "SYN-SENT"
            ]
            conn.become([*conn.ways(), *gone])
        return False

    def _close(self, call: Call, _socket: Socket | None, now: int, _n: int) -> bool:
        socket = self._sockets.pop(_descriptor(call), None)
        if socket is None:
            return False
        if socket in self._wire.listeners:
            self._wire.listeners.remove(socket)
            for conn in socket.made:
                if not conn.accepted:
                    self._abandoned(conn, now, abort=True)
        if socket.conn is not None:
            self._abandoned(socket.conn, now, abort=socket.lingers_zero)
        return False

    def _abandoned(self, conn: Connection, now: int, *, abort: bool) -> None:
        """Nobody has a descriptor any more; `abort`: a reset is due for that."""
        conn.ended = True
        if conn.several is None and conn.state == "CLOSED":
            conn.aborted = True
            return
        behind = conn.in_order > conn.read_octets
        unsure = conn.deaf or behind
        # Unread text is lost, which a reset shows (3.6.1, SHLD-3).
        abort = abort or (behind and not (conn.deaf or conn.stream.loose))
        conn.aborted = abort or unsure
        if not unsure and not abort and conn.several is None and conn.state in _FIN_TO_COME:
            conn.read = "gone"
            return
        ways: list[Hypothesis] = []
        for h in conn.ways():
            ways += _aborted(h, now, conn.accepted) if abort else [_let_go(h)]
            if unsure and h.tcb.state in {"CLOSING", "LAST-ACK"}:
                reset = Answer("rst", h.tcb.reset_numbers, (h.tcb.rcv_nxt,))
                ways.append(Hypothesis(h.tcb._replace(state="CLOSED"), now, due=reset))
        conn.become(ways[:MOST])
        self._wire.owes(conn)

    # -- calls that return -----------------------------------------------------------------------

    def returns(self, returned: Returned, now: int, n: int) -> None:
        """A call is over."""
        started = self._calls.pop(returned.call, None)
        if started is None:
            return
        call, in_time = started
        name, errno = call.name, returned.errno
        socket = self._sockets.get(_descriptor(call))
        self._wire.answered(names.return_named(name, returned))
        if name in {"accept", "accept4"} and errno is not None and socket is not None:
            if errno != "EAGAIN" or any(_waits(conn) for conn in socket.made):
                self._wire.refuse(n, f"{name}(): {errno}")
        elif name in {"send", "sendmsg"} and errno is None and socket and socket.conn is None:
            self._wire.refuse(n, f"{name}() without a connection")
        elif name == "connect" and errno not in UNDER_WAY and socket and socket.conn is None:
            self._wire.refuse(n, f"connect(): {errno} before its SYN")
        if socket is not None and socket.conn is not None:
            self._held_against(call, socket.conn, returned, n, in_time=in_time)
        if errno == "EPIPE":
            self._broken_pipe(call, n)
        done = _RETURNED.get(name)
        if done is not None and (errno is None or name in _FAILING):
            done(self, call, socket, returned, now, n)

    def _held_against(
        self, call: Call, conn: Connection, returned: Returned, n: int, *, in_time: bool
    ) -> None:
        """What a call of a connection may return."""
        rule = _RULES.get(call.name)
        if rule is not None and not conn.opaque:
            if returned.errno is not None or not in_time:
                why = rule(call, conn, returned)
                if why:
                    self._wire.refuse(n, f"{call.name}(): {why}")
            conn.reported = conn.reported or returned.errno in _ENDED
        elif call.name == "getsockopt":
            conn.reported = True

    def _broken_pipe(self, call: Call, n: int) -> None:
        quiet = any(t == "flags" and "MSG_NOSIGNAL" in v for t, v in call.args)  # type: ignore[operator]
        if quiet == self.signal and (self.signal or self._wire.virtual):
            self._wire.refuse(n, "SIGPIPE and MSG_NOSIGNAL")
        self.signal = False

    def idle(self, n: int) -> None:
        """A command: a signal that went with no call has come for nothing."""
        if self.signal and self._wire.virtual:
            self._wire.refuse(n, "SIGPIPE for nothing")
        self.signal = False

    def _made(
        self, _call: Call, _socket: Socket | None, returned: Returned, _now: int, _n: int
    ) -> None:
        self._sockets[returned.value] = Socket()

    def _bound(
        self, call: Call, socket: Socket | None, _returned: Returned, _now: int, _n: int
    ) -> None:
        if socket is not None:
            socket.local, socket.bound = ends_of(call.args) or socket.local, True

    def _listens(
        self, call: Call, socket: Socket | None, _returned: Returned, _now: int, n: int
    ) -> None:
        if socket is None:
            return
        if socket.conn is not None:
            self._wire.refuse(n, "listen() on a socket that has had a connection")
        length = dict(call.args).get("length")
        socket.backlog = length if isinstance(length, int) else 0
        if not socket.listening:
            socket.listening = True
            self._wire.listeners.append(socket)

    def _named(
        self, _call: Call, socket: Socket | None, returned: Returned, _now: int, _n: int
    ) -> None:
        where = ends_of(returned.out)
        if socket is not None and where is not None and not socket.local[1]:
            socket.local = where

    def _accepted(
        self, _call: Call, socket: Socket | None, returned: Returned, _now: int, n: int
    ) -> None:
        if socket is None:
            return
        remote = ends_of(returned.out)
        new = self._sockets[returned.value] = Socket(socket.local)
        if remote is None:
            self._wire.refuse(n, "accept() without an address")
            return
        new.remote = remote
        conn = self._wire.waiting(socket.local[1], remote)
        if conn is None:
            return
        if conn.follows_waiting:
            conn.opaque = conn.special = conn.accepted = True
            return
        if not socket.deferring and len(socket.made) > 1:
            earlier = (
                other
                for other in socket.made
                if other is not conn
                and not other.accepted
                and 0 < other.completed < (conn.completed or n)
            )
            if any(other.state in SYNCHRONIZED for other in earlier):
                self._wire.refuse(n, "accept() of another connection")
        conn.accepted = True
        ways = conn.several
        opened = [h for h in ways if h.tcb.snd_una != h.tcb.iss] if ways is not None else None
        if opened == [] or (opened is None and conn.snd_una == conn.iss):
            self._wire.refuse(n, "accept() before the handshake is over")
        elif opened is not None and opened != ways:
            conn.become(opened)
        new.conn = conn

    def _sent(
        self, call: Call, socket: Socket | None, returned: Returned, _now: int, _n: int
    ) -> None:
        if socket is None:
            return
        size = next((len(v) for t, v in call.args if t == "octets"), 0)  # type: ignore[arg-type]
        short = size - max(0, returned.value)
        stream = socket.early if socket.conn is None else socket.conn.given
        if short > 0:
            del stream[-short:]

    def _shut(
        self, _call: Call, socket: Socket | None, returned: Returned, _now: int, _n: int
    ) -> None:
        if returned.errno is None or socket is None or socket.conn is None:
            return
        conn = socket.conn
        conn.ended, deaf = socket.had
        if not deaf:
            conn.deaf = False
            _reads(conn, "shut", "open")

    def _option_set(
        self, call: Call, socket: Socket | None, _returned: Returned, _now: int, n: int
    ) -> None:
        if socket is None:
            return
        names_set = {value for tag, value in call.args if tag == "name"}
        if names_set & _KEYED:
            self._wire.refuse(n, "a key for fast open")
        if "IPV6_V6ONLY" in names_set:
            socket.v6only = bool(dict(call.args).get("value"))
        socket.deferring = socket.deferring or "TCP_DEFER_ACCEPT" in names_set
        linger = dict(call.args).get("linger")
        if isinstance(linger, (tuple, list)):
            socket.lingers_zero = bool(linger[0]) and not linger[1]

    def _copied(
        self, call: Call, _socket: Socket | None, _returned: Returned, _now: int, n: int
    ) -> None:
        self._wire.refuse(n, f"{call.name}()")


def _waits(conn: Connection) -> bool:
    return bool(conn.completed) and not conn.accepted and conn.state != "CLOSED"


def _aborted(h: Hypothesis, now: int, accepted: bool) -> tuple[Hypothesis, ...]:
    """3.10.5: a reset at SND.NXT where the peer may still have something to send."""
    tcb, gone = h.tcb, h.tcb._replace(state="CLOSED")
    if tcb.state in ABORTED_BY_RESET:
        reset = Answer("rst", tcb.reset_numbers, (tcb.rcv_nxt,))
        by = now if accepted or tcb.state != "SYN-RECEIVED" else NEVER
        return (Hypothesis(gone, now, due=reset, due_by=by),)
    return (Hypothesis(gone, now),) if tcb.state == "SYN-SENT" else (h, Hypothesis(gone, now))


def _let_go(h: Hypothesis) -> Hypothesis:
    """close(): what is queued goes out, and nothing is read any more."""
    if h.tcb.state == "SYN-SENT":
        return h._replace(tcb=h.tcb._replace(state="CLOSED"))
    return h._replace(tcb=h.tcb._replace(read="gone"))


# -- what calls may return -------------------------------------------------------------------------


def _received(call: Call, conn: Connection, returned: Returned) -> str:
    if returned.errno is not None:
        return _receive_error(conn, returned.errno)
    octets = next((v for t, v in returned.out if t == "octets"), b"")
    assert isinstance(octets, bytes)  # noqa: S101 - for the type checker
    flags = next((v for t, v in call.args if t == "flags"), ())
    stream = conn.stream
    if "MSG_OOB" in flags or (octets and stream.loose):  # type: ignore[operator]
        return ""
    if not octets:
        return _end_of_file(call, conn)
    at = conn.read_octets
    if "MSG_PEEK" not in flags:  # type: ignore[operator]
        conn.read_octets += len(octets)
    if stream.differs(at, octets):
        return "other octets"
    if conn.state == "SYN-RECEIVED":
        return "text before the handshake"
    in_order = conn.in_order
    return "octets from behind a hole" if in_order and at + len(octets) > in_order else ""


def _reads(conn: Connection, before: Read, after: Read) -> None:
    """Whether the application reads, where it has done so or not."""
    conn.become(
        [
            h._replace(tcb=h.tcb._replace(read=after)) if h.tcb.read == before else h
            for h in conn.ways()
        ]
    )


def _end_of_file(call: Call, conn: Connection) -> str:
    if not next((v for t, v in call.args if t == "length"), 0) or conn.deaf or conn.reported:
        return ""
    if conn.told == "reset" and not conn.fin_taken:
        return "end-of-file for a reset"
    if conn.told:
        return ""
    if not conn.fin_taken:
        if conn.peer_ended and conn.state == "CLOSED":
            return ""
        return "end-of-file without a FIN"
    if not conn.stream.loose and conn.in_order > conn.read_octets:
        return "end-of-file before the end"
    return ""


def _receive_error(conn: Connection, errno: str) -> str:
    if errno == "EAGAIN":
        if not conn.stream.loose and conn.in_order > conn.read_octets:
            return "EAGAIN, and text is there"
    elif errno == "ECONNRESET":
        if not conn.told and conn.state != "CLOSED":
            return "ECONNRESET without a reset"
    elif errno in _GIVEN_UP:
        return errno
    return ""


def _may_send(call: Call, conn: Connection, returned: Returned) -> str:
    errno = returned.errno
    closed = bool(conn.told) or conn.state == "CLOSED"
    if errno is None:
        took = any(t == "octets" and v for t, v in call.args)
        if took and (conn.ended or (conn.told == "reset" and not conn.fin_taken)):
            return "octets taken after the end"
    elif errno == "EPIPE":
        return "" if conn.ended or conn.reported or closed else errno
    elif errno == "ECONNRESET":
        return "" if closed else errno
    elif errno in _GIVEN_UP:
        return errno
    return ""


def _connected(_call: Call, conn: Connection, returned: Returned) -> str:
    errno = returned.errno
    if errno is None:
        if conn.state not in SYNCHRONIZED and conn.state != "CLOSED":
            return "success before the handshake is over"
        if conn.state in OPEN:
            return "success, which may be the second"
    elif errno == "ECONNREFUSED":
        if not conn.told and conn.state != "CLOSED":
            return errno
    elif errno in _GIVEN_UP:
        return errno
    return ""


_RULES: dict[str, Callable[[Call, Connection, Returned], str]] = {
    "recv": _received,
    "recvmsg": _received,
    "send": _may_send,
    "sendmsg": _may_send,
    "connect": _connected,
}

_STARTED: dict[str, Callable[[Application, Call, Socket | None, int, int], bool]] = {
    "connect": Application._connect,
    "send": Application._send,
    "sendmsg": Application._send,
    "shutdown": Application._shutdown,
    "close": Application._close,
}

_RETURNED: dict[str, Callable[[Application, Call, Socket | None, Returned, int, int], None]] = {
    "socket": Application._made,
    "bind": Application._bound,
    "listen": Application._listens,
    "getsockname": Application._named,
    "accept": Application._accepted,
    "accept4": Application._accepted,
    "send": Application._sent,
    "sendmsg": Application._sent,
    "shutdown": Application._shut,
    "setsockopt": Application._option_set,
    "dup": Application._copied,
    "fork": Application._copied,
    "_exit": Application._copied,
}
#: What there is to do even where a call has failed: octets were not taken.
_FAILING = frozenset({"send", "sendmsg", "shutdown"})


def _descriptor(call: Call) -> int:
    """The descriptor that a call is on, which stands first; -1 where it is on none."""
    tag, value = call.args[0] if call.args else ("", None)
    return value if tag == "fd" and isinstance(value, int) else -1
