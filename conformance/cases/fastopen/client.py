"""Fast open by a client: RFC 7413, sections 4.1.3 and 4.2."""

from tcpassay.conformance.app import Pending, Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import cookie_in, latest, syn_gap
from tcpassay.conformance.reach import PEER_PORT
from tcpassay.wire import FastOpen, MaximumSegmentSize

CLIENT = {
    "needs": ("fastopen", "active_open"),
    "settings": ("fastopen",),
    "state": "SYN-SENT",
}
COOKIE = bytes(range(8))
TEXT = b"GET / at once"
MSS = MaximumSegmentSize(1460)
CACHE, NEGATIVE = "RFC7413:4.1.3-CACHE", "RFC7413:4.1.3.1-NEGATIVE"
RESEND = "RFC7413:4.2.2-CLIENT-RESEND"


def fast_send(sock: Socket, text: bytes = TEXT, *flags: str, port: int = PEER_PORT) -> Pending:
    """sendmsg(MSG_FASTOPEN) to the peer."""
    where = (sock.app.bench.peer_address, port)
    return sock.begin(
        "sendmsg", ("octets", text), ("flags", ("MSG_FASTOPEN", *flags)), ("address", where)
    )


def sends(bench: Bench, text: bytes = TEXT) -> tuple[Connection, Pending]:
    """A socket's sendmsg(MSG_FASTOPEN), and the SYN that it has led to."""
    sock = bench.app.socket()
    pending = fast_send(sock, text)
    conn = bench.expect_syn()
    conn.app = sock
    return conn, pending


def granted(bench: Bench, cookie: bytes = COOKIE, mss: int = 1460) -> None:
    """The peer has given the target a cookie; the connection that brought it is reset."""
    with bench.reaching("a cached cookie"):
        conn, pending = sends(bench, b"x")
        grant = (MaximumSegmentSize(mss), FastOpen(cookie))
        conn.send("SA", ack=conn.target.iss + 1, options=grant)
        conn.expect("A", payload=ANY)
        pending.expect_return(1)
        conn.drop_arrivals()
        conn.send("R", ack=None)
        conn.app.close()
        conn.drop_arrivals()


@case("RFC7413:4.2.1-COOKIE-REQ", "RFC7413:4.1.1-FORMAT", **CLIENT)
def first_connection_asks(bench: Bench) -> None:
    """MSG_FASTOPEN without a cookie; the SYN asks for one and has no text, which follows it."""
    conn, pending = sends(bench)
    syn = latest(conn)
    bench.check(cookie_in(syn), b"", "the cookie on the SYN", requirement="4.1.1-FORMAT")
    bench.check(syn.segment.payload, b"", "text on the SYN")
    conn.send("SA", options=(MSS, FastOpen(COOKIE)))
    conn.expect(None, seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=TEXT)
    pending.expect_return(len(TEXT))


@case("RFC7413:4.2.1-COOKIE-REQ", **CLIENT)
def first_nonblocking_connection_asks(bench: Bench) -> None:
    """MSG_FASTOPEN without a cookie, not to block; EINPROGRESS, and a SYN that asks for one."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    fast_send(sock).expect_return(errno="EINPROGRESS")
    conn = bench.expect_syn()
    bench.check(cookie_in(latest(conn)), b"", "the cookie on the SYN")
    conn.send("SA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("RFC7413:4.2.1-COOKIE-REQ", **CLIENT)
def plain_connect_does_not_ask(bench: Bench) -> None:
    """connect() without fast open; its SYN has no such option."""
    bench.app.socket().begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    bench.check(cookie_in(latest(conn)), None, "the cookie on the SYN")


@case(CACHE, "RFC7413:4.1.1-FORMAT", rows={"four": 4, "eight": 8, "sixteen": 16}, **CLIENT)
def second_connection_presents_the_cookie(bench: Bench, octets: int) -> None:
    """A cookie was granted; the next SYN has it and the text, and neither goes again once acked."""
    cookie = bytes(range(1, octets + 1))
    granted(bench, cookie)
    conn, pending = sends(bench)
    syn = latest(conn)
    bench.check(cookie_in(syn), cookie, "the cookie on the SYN")
    bench.check(syn.segment.payload, TEXT, "text on the SYN")
    conn.send("SA", options=(MSS,))
    conn.expect("A", seq=conn.target.iss + 1 + len(TEXT), ack=conn.peer.snd.nxt)
    pending.expect_return(len(TEXT))
    conn.app.send(b"more")
    conn.expect(None, seq=conn.target.iss + 1 + len(TEXT), payload=b"more")


@case(CACHE, **CLIENT)
def cookie_serves_every_port_of_the_server(bench: Bench) -> None:
    """A cookie was granted by one port; a connection to another port of the host presents it."""
    granted(bench)
    fast_send(bench.app.socket(), port=PEER_PORT + 1)
    conn = bench.expect_syn()
    bench.check(cookie_in(latest(conn)), COOKIE, "the cookie on the SYN")


@case(CACHE, **CLIENT)
def newer_cookie_replaces_the_older(bench: Bench) -> None:
    """The server grants another cookie; the connection after that presents the new one."""
    granted(bench)
    other = COOKIE[::-1]
    conn, _ = sends(bench)
    conn.send("SA", ack=conn.target.iss + 1, options=(MSS, FastOpen(other)))
    conn.expect(None, payload=ANY)
    conn.send("R", ack=None)
    conn.app.close()
    conn.drop_arrivals()
    again, _ = sends(bench)
    bench.check(cookie_in(latest(again)), other, "the cookie on the SYN")


@case(CACHE, **CLIENT)
def nonblocking_send_takes_the_text(bench: Bench) -> None:
    """A cookie is known: MSG_FASTOPEN not to block; it returns at once, the SYN has the text."""
    granted(bench)
    sock = bench.app.socket("SOCK_NONBLOCK")
    fast_send(sock).expect_return(len(TEXT))
    conn = bench.expect_syn()
    bench.check(latest(conn).segment.payload, TEXT, "text on the SYN")


@case("RFC7413:4.2.2-SYN-MSS", RESEND, **CLIENT)
def text_on_the_syn_fits_the_cached_mss(bench: Bench) -> None:
    """The server said MSS 600, the application gives 2000 octets; the SYN has at most 600 less its
    options, and the rest follows the handshake.
    """
    granted(bench, mss=600)
    text = bytes(index % 251 for index in range(2000))
    conn, pending = sends(bench, text)
    carried = len(latest(conn).segment.payload)
    bench.check(0 < carried <= 600 - 20, True, f"{carried} octets on the SYN")
    conn.send("SA", options=(MaximumSegmentSize(600),))
    taken = carried
    while taken < len(text):
        at = conn.target.iss + 1 + taken
        arrival = conn.expect(None, seq=at, payload=ANY, requirement=RESEND)
        if arrival.segment.payload:
            want = text[taken : taken + len(arrival.segment.payload)]
            bench.check(arrival.segment.payload, want, "text", requirement=RESEND)
            taken += len(arrival.segment.payload)
            conn.send("A")
    pending.expect_return(len(text), requirement=RESEND)


@case(RESEND, rows={"nothing": 0, "a_part": 5}, **CLIENT)
def unacknowledged_text_goes_with_the_first_ack(bench: Bench, taken: int) -> None:
    """The SYN-ACK acknowledges none of the text, or a part; the rest goes with the first ACK."""
    granted(bench)
    conn, pending = sends(bench)
    conn.send("SA", ack=conn.target.iss + 1 + taken, options=(MSS, FastOpen(COOKIE)))
    at = conn.target.iss + 1 + taken
    conn.expect(None, seq=at, ack=conn.peer.snd.nxt, payload=TEXT[taken:], within=0.4)
    pending.expect_return(len(TEXT))
    conn.send("A", ack=conn.target.iss + 1 + len(TEXT))
    conn.app.send(b"more")
    conn.expect(None, seq=conn.target.iss + 1 + len(TEXT), payload=b"more")


@case(
    "RFC7413:4.2.2-SYN-RTX",
    timing=True,
    needs=("fastopen", "active_open"),
    settings=("fastopen",),
    state="SYN-SENT",
)
def syn_goes_again_without_text_and_option(bench: Bench) -> None:
    """A SYN with cookie and text is not answered; it goes again with neither, and the text comes
    behind the handshake.
    """
    granted(bench)
    conn, pending = sends(bench)
    again = conn.expect("S", seq=conn.target.iss, payload=ANY, within=syn_gap(bench) + 3)
    bench.check(again.segment.payload, b"", "text on the second SYN")
    bench.check(cookie_in(again), None, "the cookie on the second SYN")
    conn.send("SA", ack=conn.target.iss + 1)
    conn.expect(None, seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=TEXT)
    pending.expect_return(len(TEXT))


@case(
    "RFC7413:4.2.2-SYN-RTX",
    timing=True,
    needs=("fastopen", "active_open"),
    settings=("fastopen",),
    state="SYN-SENT",
)
def late_answer_to_the_first_syn_counts(bench: Bench) -> None:
    """The SYN has gone again without its text, then the first one is answered; all is taken."""
    granted(bench)
    conn, pending = sends(bench)
    conn.expect("S", seq=conn.target.iss, payload=ANY, within=syn_gap(bench) + 3)
    conn.send("SA", ack=conn.target.iss + 1 + len(TEXT))
    conn.expect("A", seq=conn.target.iss + 1 + len(TEXT), ack=conn.peer.snd.nxt)
    pending.expect_return(len(TEXT))


@case(NEGATIVE, **CLIENT)
def text_that_was_not_taken_is_remembered(bench: Bench) -> None:
    """The SYN-ACK leaves the text out and has no cookie; the next SYN has neither of them."""
    granted(bench)
    conn, _ = sends(bench)
    conn.send("SA", ack=conn.target.iss + 1, options=(MSS,))
    conn.expect(None, payload=ANY)
    conn.send("R", ack=None)
    conn.app.close()
    conn.drop_arrivals()
    again, _ = sends(bench)
    bench.check(latest(again).segment.payload, b"", "text on the SYN")


@case(
    NEGATIVE,
    timing=True,
    needs=("fastopen", "active_open"),
    settings=("fastopen",),
    state="SYN-SENT",
)
def syn_that_was_lost_is_remembered(bench: Bench) -> None:
    """Only the SYN without text and option is answered; the next SYN has neither of them."""
    granted(bench)
    conn, _ = sends(bench)
    conn.expect("S", seq=conn.target.iss, payload=ANY, within=syn_gap(bench) + 3)
    conn.send("SA", ack=conn.target.iss + 1, options=(MSS,))
    conn.expect(None, payload=ANY)
    conn.send("R", ack=None)
    conn.app.close()
    conn.drop_arrivals()
    again, _ = sends(bench)
    bench.check(latest(again).segment.payload, b"", "text on the SYN")


@case(
    NEGATIVE,
    needs=("fastopen", "active_open"),
    settings=("fastopen", "fast_syn_giveup"),
    real_s=4,
    state="SYN-SENT",
)
def server_that_never_answered_is_remembered(bench: Bench) -> None:
    """No SYN is answered until connect() gives up; the next SYN has neither text nor cookie."""
    granted(bench)
    conn, pending = sends(bench)
    pending.expect_return(errno="ETIMEDOUT", within=300)
    conn.drop_arrivals()
    again, _ = sends(bench)
    bench.check(latest(again).segment.payload, b"", "text on the SYN")


@case("RFC7413:4.2.2-SYN-RTX", RESEND, "RFC9293:3.10.7.3-SYN-ONLY", **CLIENT)
def crossed_syns(bench: Bench) -> None:
    """A SYN crosses the target's SYN with text; SYN-ACK without it, it follows the handshake."""
    granted(bench)
    conn, pending = sends(bench)
    conn.send("S", options=(MSS,))
    answer = conn.expect("SA", seq=conn.target.iss, payload=ANY, requirement="3.10.7.3-SYN-ONLY")
    bench.check(answer.segment.payload, b"", "text on the SYN-ACK")
    bench.check(cookie_in(answer), None, "the cookie on the SYN-ACK")
    conn.send("SA", seq=int(conn.peer.iss), ack=conn.target.iss + 1)
    text = Pattern(None, seq=conn.target.iss + 1, payload=TEXT)
    bare = Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    if conn.expect_one_of(text, bare, requirement=RESEND)[0]:
        conn.expect(None, seq=conn.target.iss + 1, payload=TEXT, within=4, requirement=RESEND)
    pending.expect_return(len(TEXT), requirement="3.10.7.3-SYN-ONLY")


@case("RFC9293:3.10.7.3-RST-ACK", **CLIENT)
def refused_with_text_on_the_syn(bench: Bench) -> None:
    """SYN with cookie and text, answered by RST; ECONNREFUSED."""
    granted(bench)
    conn, pending = sends(bench)
    conn.send("RA")
    pending.expect_return(errno="ECONNREFUSED")
