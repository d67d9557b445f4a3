"""Ways into every state of RFC 9293, from a fresh stack. What fails here is inconclusive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tcpassay.conformance import served
from tcpassay.conformance.bench import LISTEN_PORT
from tcpassay.conformance.outcome import Inconclusive

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.conformance.app import Pending, Socket
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection

Way = Literal["listen", "connect", "simultaneous"]
How = Literal["shutdown", "close"]

PEER_PORT = 7070


def listener(
    bench: Bench,
    backlog: int = served.BACKLOG,
    *,
    port: int | None = None,
    address: str | None = None,
) -> Socket:
    """A listening socket on the target; the one that is there where a port is all there is."""
    if bench.served is not None:
        return served.listener(bench, backlog, port, address)
    with bench.reaching("LISTEN"):
        sock = bench.app.socket()
        sock.bind(LISTEN_PORT if port is None else port, address)
        sock.listen(backlog)
    return sock


def handshake(conn: Connection) -> Connection:
    """SYN, SYN-ACK, ACK with a listener of the target; nobody accepts it here."""
    with conn.bench.reaching("ESTABLISHED"):
        syn_received(conn)
        conn.send("A")
    return conn


def syn_received(conn: Connection) -> Connection:
    """SYN and SYN-ACK with a listener of the target."""
    with conn.bench.reaching("SYN-RECEIVED"):
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
    return conn


def syn_sent(bench: Bench, *, port: int = PEER_PORT) -> tuple[Connection, Pending]:
    """The target's blocking connect() has sent its SYN."""
    if bench.served is not None:
        served.refuse_call("connect")
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket()
        pending = sock.begin_connect(port)
        conn = bench.expect_syn()
        conn.app = sock
    return conn, pending


def established(bench: Bench, way: Way = "listen", *, mss: int | None = None) -> Connection:
    """A connection open on both sides, with its socket on the target as `conn.app`."""
    with bench.reaching("ESTABLISHED"):
        return _OPEN[way](bench, mss)


def reach(bench: Bench, state: str, *, way: Way = "listen", how: How = "shutdown") -> Connection:
    """A connection whose target end is in `state`; CLOSED and LISTEN have none to give.

    `how` says what the application calls to close: with "shutdown" its descriptor stays usable.
    """
    with bench.reaching(state):
        if state == "SYN-SENT":
            return syn_sent(bench)[0]
        if state == "SYN-RECEIVED":
            return _in_syn_received(bench, way)
        if bench.served is not None and state == "CLOSE-WAIT":
            served.refuse(served.CLOSING, "the service closes as soon as the peer has")
        conn = established(bench, way)
        for step in _FROM_ESTABLISHED[state]:
            step(conn, how)
        return conn


def app_closes(conn: Connection, how: How = "shutdown") -> None:
    """The application ends its direction; its FIN is seen, and not acknowledged.

    A service without an agent does so by itself, once the peer has.
    """
    if conn.bench.served is not None:
        if not conn.peer_has_closed:
            served.refuse_call(how)
        conn.await_service_close()
    elif how == "shutdown":
        conn.app.shutdown("SHUT_WR")
    else:
        conn.app.close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


def peer_acks(conn: Connection, _how: How = "shutdown") -> None:
    """The peer acknowledges all that it has received."""
    conn.send("A")


def peer_closes(conn: Connection, _how: How = "shutdown") -> None:
    """The peer sends its FIN, and the target acknowledges it."""
    conn.send("FA")
    conn.expect("A", ack=conn.peer.snd.nxt)


def _peer_closes_without_ack(conn: Connection, _how: How) -> None:
    """The peer's FIN crosses the target's: its ACK number stops short of the target's FIN."""
    conn.send("FA", ack=conn.target.snd.una)
    conn.expect("A", ack=conn.peer.snd.nxt)


def _by_listen(bench: Bench, mss: int | None) -> Connection:
    from tcpassay.wire import MaximumSegmentSize

    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MaximumSegmentSize(mss),) if mss else ())
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = sock.accept()
    return conn


def _by_connect(bench: Bench, mss: int | None) -> Connection:
    from tcpassay.wire import MaximumSegmentSize

    conn, pending = syn_sent(bench)
    conn.send("SA", options=(MaximumSegmentSize(mss),) if mss else ())
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    return conn


def _by_simultaneous_open(bench: Bench, _mss: int | None) -> Connection:
    conn, pending = syn_sent(bench)
    conn.send("S")
    conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt)
    # The peer's own SYN-ACK repeats its SYN's number (RFC 9293, figure 8).
    conn.send("SA", seq=conn.peer.iss)
    if pending.returned is None:
        # To a target that takes it for an old segment, its own SYN-ACK is acknowledged besides.
        conn.send("A")
    pending.expect_return(0)
    conn.drop_arrivals()
    return conn


def _in_syn_received(bench: Bench, way: Way) -> Connection:
    if way == "listen":
        listener(bench)
        return syn_received(bench.connection())
    if way == "connect":
        msg = "SYN-RECEIVED is not on the way of an active open that is answered by SYN-ACK"
        raise Inconclusive(msg)
    conn, _ = syn_sent(bench)
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    return conn


_OPEN: dict[Way, Callable[[Bench, int | None], Connection]] = {
    "listen": _by_listen,
    "connect": _by_connect,
    "simultaneous": _by_simultaneous_open,
}

_FROM_ESTABLISHED: dict[str, tuple[Callable[[Connection, How], None], ...]] = {
    "ESTABLISHED": (),
    "FIN-WAIT-1": (app_closes,),
    "FIN-WAIT-2": (app_closes, peer_acks),
    "CLOSING": (app_closes, _peer_closes_without_ack),
    "TIME-WAIT": (app_closes, peer_acks, peer_closes),
    "CLOSE-WAIT": (peer_closes,),
    "LAST-ACK": (peer_closes, app_closes),
}
