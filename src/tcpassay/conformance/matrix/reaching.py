"""The way into a row's state, and the target's variables once it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance import reach
from tcpassay.conformance.matrix.rows import EMPTY, IN_FLIGHT
from tcpassay.model.tcb import Tcb

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.matrix.rows import Row
    from tcpassay.conformance.peer import Connection

#: What the target has in flight in the states that have something.
SENT = b"in flight."

_FIN_SENT = frozenset({"FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"})


def into(bench: Bench, row: Row) -> Connection:
    """A connection in the row's state; in CLOSED and LISTEN one that has sent nothing yet."""
    if row.state in EMPTY:
        if row.state == "LISTEN":
            reach.listener(bench)
        return bench.connection()
    if row.state in {"SYN-SENT", "SYN-RECEIVED"}:
        return reach.reach(bench, row.state, way=row.way)
    with bench.reaching(row.state):
        conn = reach.established(bench, row.way)
        _FROM_ESTABLISHED[row.state](conn, row)
    return conn


def _established(conn: Connection, _row: Row) -> None:
    conn.app.send(SENT)
    conn.expect("PA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, payload=SENT)


def _fin_wait_1(conn: Connection, row: Row) -> None:
    _established(conn, row)
    reach.app_closes(conn, row.how)


def _closing(conn: Connection, row: Row) -> None:
    _fin_wait_1(conn, row)
    conn.send("FA", ack=conn.target.snd.una)
    conn.expect("A", ack=conn.peer.snd.nxt)


def _close_wait(conn: Connection, row: Row) -> None:
    conn.send("FA")
    # The ACK of the FIN may be delayed (RFC 9293, 3.8.6.3); what is sent now has to carry it.
    conn.answers()
    _established(conn, row)


def _last_ack(conn: Connection, row: Row) -> None:
    _close_wait(conn, row)
    reach.app_closes(conn, row.how)


def _fin_wait_2(conn: Connection, row: Row) -> None:
    reach.app_closes(conn, row.how)
    conn.send("A")


def _time_wait(conn: Connection, row: Row) -> None:
    _fin_wait_2(conn, row)
    conn.send("FA")
    conn.expect("A", ack=conn.peer.snd.nxt)


_FROM_ESTABLISHED = {
    "ESTABLISHED": _established,
    "FIN-WAIT-1": _fin_wait_1,
    "FIN-WAIT-2": _fin_wait_2,
    "CLOSE-WAIT": _close_wait,
    "CLOSING": _closing,
    "LAST-ACK": _last_ack,
    "TIME-WAIT": _time_wait,
}


def tcb_of(conn: Connection, row: Row) -> Tcb:
    """The target's variables, from what the wire has shown."""
    target, peer = conn.target, conn.peer
    return Tcb(
        state=row.state,
        passive=row.way == "listen",
        iss=int(target.iss),
        snd_una=int(target.snd.una),
        snd_nxt=int(target.snd.nxt),
        snd_wnd=conn.window,
        snd_wl1=int(peer.snd.nxt),
        snd_wl2=int(target.snd.una),
        max_snd_wnd=conn.window,
        fin_sent=row.state in _FIN_SENT,
        irs=int(peer.iss),
        rcv_nxt=int(target.rcv.nxt),
        rcv_wnd=target.rcv.wnd,
        read="gone" if row.closes and row.how == "close" else "open",
    )


def canonical(row: Row) -> Tcb:
    """Variables that the rules answer alike with, for what a row's answer hangs on before a run."""
    flight = {"SYN-SENT": 1, "SYN-RECEIVED": 1}.get(row.state, 0)
    if row.state in IN_FLIGHT:
        flight = len(SENT) + (row.state in _FIN_SENT)
    return Tcb(
        state=row.state,
        passive=row.way == "listen",
        iss=1_000_000,
        snd_una=1_000_000,
        snd_nxt=1_000_000 + flight,
        snd_wnd=65535,
        snd_wl1=2_000_000,
        snd_wl2=1_000_000,
        max_snd_wnd=65535,
        fin_sent=row.state in _FIN_SENT,
        irs=2_000_000,
        rcv_nxt=2_000_001,
        rcv_wnd=65535,
        read="gone" if row.closes and row.how == "close" else "open",
    )
