"""Exchanges in which text goes with the SYN (RFC 7413), as listener and as client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.reach import PEER_PORT, listener
from tcpassay.wire import FastOpen, MaximumSegmentSize

if TYPE_CHECKING:
    from tcpassay.conformance.app import Pending
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection

MSS = MaximumSegmentSize(1000)
TEXT = b"at once"


def opens(bench: Bench, cookie: bytes, address: str | None = None) -> Connection:
    """A SYN with text and a cookie."""
    conn = bench.connection(peer_address=address)
    conn.send("S", payload=TEXT, options=(MSS, FastOpen(cookie)))
    return conn


def fast(bench: Bench) -> None:
    """A listener that grants a cookie, refuses two others, and is opened early by its own."""
    sock = listener(bench)
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", 5)
    bench.note("request")
    asking = bench.connection()
    asking.send("S", options=(MSS, FastOpen()))
    answer = asking.expect("SA")
    cookie = next(o.cookie for o in answer.segment.options if isinstance(o, FastOpen))
    asking.expect("SA", within=3)
    asking.send("R")
    bench.note("wrong cookie")
    conn = opens(bench, cookie[::-1])
    conn.expect("SA", ack=conn.peer.iss + 1)
    conn.send("R", seq=int(conn.peer.iss + 1))
    bench.note("stolen cookie")
    conn = opens(bench, cookie, "192.0.2.77")
    conn.expect("SA", ack=conn.peer.iss + 1)
    conn.send("R", seq=int(conn.peer.iss + 1))
    bench.note("cookie")
    conn = opens(bench, cookie)
    conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.note("accept")
    conn.app = sock.accept()
    bench.note("early recv")
    conn.app.recv(len(TEXT), want=TEXT)
    bench.note("answer")
    conn.app.send(b"taken")
    conn.expect(payload=b"taken")
    conn.send("A")
    bench.wait(1)


def fast_client(bench: Bench) -> None:
    """Three opens: a cookie is asked for, presented, and presented on a SYN that is lost."""
    bench.note("unknown")
    conn, pending = sends(bench)
    conn.send("SA", options=(MSS, FastOpen(bytes(range(8)))))
    conn.expect(payload=TEXT)
    pending.expect_return(len(TEXT))
    conn.send("A")
    bench.note("known")
    conn, pending = sends(bench)
    conn.expect("S", within=3)
    conn.send("SA", ack=conn.target.iss + 1)
    conn.expect(payload=TEXT)
    pending.expect_return(len(TEXT))
    conn.send("A")
    bench.wait(1)


def sends(bench: Bench) -> tuple[Connection, Pending]:
    """sendmsg(MSG_FASTOPEN), and the SYN that it leads to."""
    sock = bench.app.socket()
    pending = sock.begin(
        "sendmsg",
        ("octets", TEXT),
        ("flags", ("MSG_FASTOPEN",)),
        ("address", (bench.peer_address, PEER_PORT)),
    )
    return bench.expect_syn(), pending
