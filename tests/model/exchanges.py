"""Short real exchanges with the reference stack, whose traces the planted faults are edited into.

A note in the trace names each moment that a fault is about.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.probes import CE, ECT_0, flight, marked, too_big
from tcpassay.conformance.reach import PEER_PORT, listener, syn_sent
from tcpassay.core.trace import Trace
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import MaximumSegmentSize, SackPermitted, Timestamps, WindowScale
from tests.model.fast_exchanges import fast, fast_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.conformance.peer import Connection
    from tcpassay.wire import Option

MSS = (MaximumSegmentSize(1000),)


@cache
def recorded(name: str) -> Trace:
    """The trace of one exchange, recorded once."""
    target = open_target("reference")
    addresses = target.manifest.ipv4
    assert addresses is not None
    trace = Trace(case=name, target="reference", seed=7, stack_addresses=addresses.stack)
    stack = target.start(StackOptions(seed=7, ip=4))
    try:
        bench = Bench(target.manifest, stack, trace, requirements=("RFC9293:MUST-14",))
        EXCHANGES[name](bench)
    finally:
        stack.close()
        target.close()
    return trace


def opened(bench: Bench, port: int = 8080, options: tuple[Option, ...] = MSS) -> Connection:
    """A connection that a listener of the target has accepted; the peer takes 1,000 octets."""
    bench.note("open")
    sock = listener(bench, port=port)
    conn = bench.connection(port=port)
    bench.note("syn")
    conn.send("S", options=options)
    conn.expect("SA")
    conn.send("A")
    bench.note("accept")
    conn.app = sock.accept()
    return conn


def talk(bench: Bench) -> None:
    """Text both ways, an orderly end by the application, TIME-WAIT, and what comes after it."""
    conn = opened(bench)
    bench.note("text")
    conn.send("PA", payload=b"hello")
    bench.wait(0.4)
    bench.note("more text")
    conn.send("PA", payload=b"again")
    bench.wait(0.4)
    bench.note("recv")
    conn.app.recv(5)
    conn.app.recv(5)
    bench.note("send")
    conn.app.send(b"world")
    bench.wait(0.1)
    conn.expect(payload=b"world")
    conn.send("A")
    bench.note("nothing")
    bench.wait(2)
    bench.note("close")
    conn.app.close()
    conn.expect("FA")
    conn.send("A")
    bench.note("fin")
    conn.send("FA")
    conn.expect("A")
    bench.note("time-wait")
    bench.wait(100)
    bench.note("fin again")
    conn.send("FA", seq=int(conn.peer.snd.nxt) - 1)
    conn.expect("A")
    bench.wait(239)
    bench.note("last of time-wait")
    conn.send("FA", seq=int(conn.peer.snd.nxt) - 1)
    conn.expect("A")
    bench.wait(241)
    bench.note("after time-wait")
    conn.send("A")
    conn.expect("R")


def attacked(bench: Bench) -> None:
    """Segments that an ESTABLISHED connection answers by an ACK, or not at all."""
    conn = opened(bench)
    here, there = int(conn.peer.snd.nxt), int(conn.target.snd.nxt)
    bench.note("rst in window")
    conn.send("R", seq=here + 100)
    conn.expect("A")
    bench.note("rst outside")
    conn.send("R", seq=here - 100)
    conn.expect_silence()
    bench.note("syn in window")
    conn.send("S", seq=here + 10)
    conn.expect("A")
    bench.note("text outside")
    conn.send("A", seq=here - 5000, payload=b"old")
    conn.expect("A")
    bench.note("ack of the future")
    conn.send("A", ack=there + 1000)
    conn.expect("A")
    bench.note("no ack")
    conn.send("P", payload=b"x", seq=here)
    conn.expect_silence()
    bench.note("hole")
    conn.send("A", seq=here + 5, payload=b"world")
    conn.expect("A")
    bench.note("keep-alive of the peer")
    conn.send("A", seq=here - 1)
    conn.expect("A")
    bench.note("filled")
    conn.send("A", payload=b"hello")
    bench.wait(1)
    bench.note("recv")
    conn.app.recv(10)
    bench.note("nothing")
    bench.wait(2)
    bench.note("rst")
    conn.send("R", seq=here + 10)
    bench.note("recv reset")
    conn.app.begin_recv(5).expect_return(errno="ECONNRESET")
    bench.note("send reset")
    conn.app.begin_send(b"x").expect_return(errno="EPIPE")
    bench.wait(1)


def half_closed(bench: Bench) -> None:
    """The peer ends first, and the application reads to the end."""
    conn = opened(bench)
    bench.note("text and fin")
    conn.send("FPA", payload=b"bye")
    bench.wait(1)
    bench.note("recv")
    conn.app.recv(10)
    bench.note("end")
    conn.app.recv(10)
    bench.note("send")
    conn.app.send(b"still here")
    bench.wait(0.1)
    conn.send("A")
    bench.note("shutdown")
    conn.app.shutdown("SHUT_WR")
    bench.wait(300)
    bench.note("over")


def bulk(bench: Bench) -> None:
    """6,000 octets through a window of 3,000 and segments of 1,000; then the window closes."""
    conn = opened(bench)
    conn.send("A", window=3000)
    bench.note("send")
    conn.app.send(bytes(i & 0xFF for i in range(6000)))
    bench.wait(0.05)
    bench.note("first ack")
    conn.send("A", window=3000, ack=int(conn.target.snd.una) + 3000)
    bench.wait(0.05)
    bench.note("last ack")
    conn.send("A", window=0, ack=int(conn.target.iss) + 6001)
    bench.note("behind a closed window")
    conn.app.send(b"waits")
    bench.wait(200)
    bench.note("open window")
    conn.send("A", window=3000, ack=int(conn.target.iss) + 6001)
    bench.wait(0.1)


def lost(bench: Bench) -> None:
    """Text that nobody acknowledges, until the stack gives up."""
    conn = opened(bench)
    bench.note("send")
    conn.app.send(b"lost")
    bench.wait(400)
    bench.note("recv")
    conn.app.begin_recv(5).expect_return(errno="ETIMEDOUT")


def unanswered(bench: Bench) -> None:
    """A SYN that nobody answers, until connect() gives up."""
    bench.note("connect")
    _, pending = syn_sent(bench)
    pending.expect_return(errno="ETIMEDOUT", within=600)


def connected(bench: Bench) -> None:
    """A connect() whose first SYN is lost; timestamps and window scale are agreed."""
    bench.note("connect")
    conn, pending = syn_sent(bench)
    bench.wait(1.5)
    bench.note("answer")
    stamp = conn.last_arrival
    assert stamp is not None
    tsval = next(o.tsval for o in stamp.segment.options if isinstance(o, Timestamps))
    conn.send("SA", options=(*MSS, WindowScale(2), Timestamps(500, tsval)))
    bench.note("returned")
    pending.expect_return(0)
    bench.note("text")
    conn.send("PA", payload=b"hello", options=(Timestamps(600, tsval),))
    bench.wait(0.4)
    bench.note("send")
    conn.app.send(b"world")
    bench.wait(0.1)
    bench.note("old stamp")
    conn.send("A", options=(Timestamps(100, tsval),))
    bench.wait(0.1)


def shut_too_early(bench: Bench) -> None:
    """shutdown() before connect(), which fails; the connection is of use both ways."""
    sock = bench.app.socket()
    sock.shutdown("SHUT_RDWR", errno="ENOTCONN")
    pending = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    conn.send("SA")
    pending.expect_return(0)
    bench.note("recv")
    sock.recv(10, "MSG_DONTWAIT", errno="EAGAIN")
    bench.note("send")
    sock.send(b"world", "MSG_NOSIGNAL")
    conn.expect(payload=b"world")
    bench.note("listen")
    sock.listen(5, errno="EINVAL")


def patient(bench: Bench) -> None:
    """Text that nobody acknowledges, on a connection whose application would wait for an hour."""
    conn = opened(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_USER_TIMEOUT", 3_600_000)
    bench.note("send")
    conn.app.send(b"lost")
    bench.wait(60)
    bench.note("recv")
    conn.app.recv(5, "MSG_DONTWAIT", errno="EAGAIN")


def embryonic(bench: Bench) -> None:
    """A SYN,ACK that nobody acknowledges; then the wrong ACK."""
    listener(bench)
    conn = bench.connection()
    bench.note("syn")
    conn.send("S", options=MSS)
    bench.wait(40)
    bench.note("wrong ack")
    conn.send("A", ack=int(conn.target.iss) + 500)
    bench.wait(0.1)
    bench.note("syn to a listener with ack")
    other = bench.connection()
    other.send("A", ack=77)
    bench.wait(0.1)


def nobody(bench: Bench) -> None:
    """Segments to a port without a socket."""
    conn = bench.connection(port=9)
    for flags in ("S", "SA", "F", "R", "RA"):
        bench.note(flags)
        conn.send(flags, seq=1000, ack=2000)
        bench.wait(0.1)


def refused(bench: Bench) -> None:
    """A connect() that a reset answers, after a reset that does not count."""
    bench.note("connect")
    conn, pending = syn_sent(bench)
    bench.note("low ack")
    conn.send("A", ack=int(conn.target.iss))
    bench.note("bad reset")
    conn.send("RA", ack=int(conn.target.iss) + 5, seq=0)
    bench.note("reset")
    conn.send("RA", ack=int(conn.target.iss) + 1, seq=0)
    pending.expect_return(errno="ECONNREFUSED")


def lost_end(bench: Bench) -> None:
    """A FIN that nobody acknowledges for a while."""
    conn = opened(bench)
    bench.note("close")
    conn.app.send(b"last words")
    conn.app.shutdown("SHUT_WR")
    conn.expect(payload=b"last words")
    conn.send("A", ack=int(conn.target.iss) + 11)
    bench.note("fin")
    bench.wait(30)
    bench.note("over")


def queued(bench: Bench) -> None:
    """Text that waits for the window to open, and a FIN behind it."""
    conn = opened(bench)
    conn.send("A", window=0)
    conn.app.send(b"much text")
    conn.app.shutdown("SHUT_WR")
    bench.wait(0.1)
    bench.note("open window")
    conn.send("A", window=3000)
    bench.wait(0.1)


def aborted(bench: Bench) -> None:
    """SO_LINGER of 0; and the end of a socket with text that nobody has read."""
    conn = opened(bench)
    conn.app.set_linger(0)
    bench.note("abort")
    conn.app.close()
    conn.expect("R")
    conn = opened(bench, 8081)
    conn.send("PA", payload=b"unread")
    bench.wait(0.3)
    bench.note("unread")
    conn.app.close()
    bench.wait(0.1)


def kept_alive(bench: Bench) -> None:
    """SO_KEEPALIVE, and a peer that answers."""
    conn = opened(bench)
    conn.app.set_option("SOL_SOCKET", "SO_KEEPALIVE", 1)
    bench.note("idle")
    bench.wait(7200.5)
    bench.note("answer")
    conn.send("A")
    bench.wait(1)


def many(bench: Bench) -> None:
    """Four connections, accepted in order; one of them again, 10 s after its end."""
    sock = listener(bench)
    conns = []
    for place in range(4):
        bench.note(f"syn {place}")
        conn = bench.connection()
        conn.send("S", options=MSS)
        conn.expect("SA")
        conn.send("A")
        conns.append(conn)
    for place in range(4):
        bench.note(f"accept {place}")
        conns[place].app = sock.accept()
    conns[0].send("R")
    bench.wait(10)
    bench.note("syn again")
    again = bench.connection(peer_port=conns[0].peer_port, iss=5000)
    again.send("S", options=MSS)
    again.expect("SA")
    bench.wait(0.1)


def congested(bench: Bench) -> None:
    """ECN: a mark that is echoed until CWR, and text that goes twice."""
    sock = listener(bench)
    conn = bench.connection()
    bench.note("syn")
    conn.send("SEC", options=MSS)
    conn.expect("SA")
    conn.send("A")
    conn.app = sock.accept()
    for note, text, flags, ecn in (
        ("mark", b"congested", "PA", CE), ("echo", b"more", "PA", ECT_0), ("cwr", b"less", "PAC", 0)
    ):  # fmt: skip
        bench.note(note)
        marked(conn, text, flags=flags, ecn=ecn)
        bench.wait(0.4)
    bench.note("lost")
    conn.app.send(b"lost")
    bench.wait(1.5)
    conn.send("A", ack=int(conn.target.snd.nxt) + 4)
    bench.note("text")
    conn.app.send(b"text")
    bench.wait(0.1)


def narrow(bench: Bench) -> None:
    """A router tells an MTU of 600, and the text that was too big goes again twice."""
    conn = opened(bench)
    bench.note("send")
    sent = flight(conn, 3, 1000)
    bench.wait(0.1)
    bench.note("too big")
    too_big(conn, 600, sent[0])
    bench.wait(1.5)
    conn.send("A", ack=sent[0].segment.seq + 560)
    bench.wait(0.1)


def selective(bench: Bench) -> None:
    """SACK: text above a hole, twice and beside it, text repeated, and a FIN above the hole."""
    conn = opened(bench, options=(*MSS, SackPermitted()))
    bench.note("text")
    conn.send("PA", payload=b"hello")
    bench.wait(1)
    here = int(conn.peer.snd.nxt)
    for note, at, flags in (
        ("piece", 10, "A"),
        ("neighbour", 15, "A"),
        ("piece again", 10, "A"),
        ("text again", -5, "A"),
        ("fin above", 30, "FA"),
    ):
        bench.note(note)
        conn.send(flags, seq=here + at, payload=b"hello")
        conn.expect("A")
    for note, at, size in (("filled", 0, 10), ("ended", 20, 10), ("fin again", 35, 0)):
        bench.note(note)
        conn.send("A" if size else "FA", seq=here + at, payload=bytes(size))
        bench.wait(1)
    bench.note("end")


EXCHANGES: dict[str, Callable[[Bench], None]] = {
    exchange.__name__: exchange
    for exchange in (
        talk, attacked, half_closed, bulk, lost, unanswered, connected, embryonic, nobody,
        shut_too_early, patient, refused, lost_end, queued, aborted, kept_alive, many, congested,
        narrow, selective, fast, fast_client,
    )
}  # fmt: skip
