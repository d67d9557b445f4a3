"""Fast open at a listener: RFC 7413, sections 4.1, 4.2 and 5.1."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import cookie_in, latest, serves
from tcpassay.conformance.reach import listener
from tcpassay.wire import FastOpen, MaximumSegmentSize, Option, UnknownOption

SERVER = {"needs": ("fastopen",), "settings": ("fastopen",), "state": "LISTEN"}
VALID, INVALID = "RFC7413:4.2.2-VALID", "RFC7413:4.2.2-INVALID"
TEXT = b"GET / at once"
MSS = MaximumSegmentSize(1460)
#: Another host on the link.
NEIGHBOUR = {4: "192.0.2.77", 6: "2001:db8::77"}


def fast_listener(bench: Bench, limit: int = 5) -> Socket:
    """A listener that takes part in fast open, for so many pending opens."""
    sock = listener(bench)
    with bench.reaching("LISTEN with TCP_FASTOPEN"):
        sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", limit)
    return sock


def cookie_for(bench: Bench, peer_address: str | None = None) -> bytes:
    """A cookie that the listener has given to the peer; the connection that brought it is gone."""
    with bench.reaching("a cookie"):
        conn = bench.connection(peer_address=peer_address)
        conn.send("S", options=(MSS, FastOpen()))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        cookie = cookie_in(latest(conn))
        conn.send("R", seq=int(conn.peer.snd.nxt))
        bench.check(bool(cookie), True, "a cookie in the SYN-ACK")
    return cookie or b""


def opens(
    bench: Bench, cookie: bytes, text: bytes = TEXT, *, peer_address: str | None = None
) -> Connection:
    """A new connection whose SYN carries this cookie and text."""
    conn = bench.connection(peer_address=peer_address)
    conn.send("S", payload=text, options=(MSS, FastOpen(cookie)))
    return conn


def refused_early(conn: Connection, requirement: str | None = None) -> Arrival:
    """Only the SYN is acknowledged; the peer goes on behind it."""
    return conn.expect("SA", ack=conn.peer.iss + 1, requirement=requirement)


def taken_early(conn: Connection, requirement: str | None = None) -> Arrival:
    """The SYN and its text are acknowledged."""
    return conn.expect("SA", ack=conn.peer.snd.nxt, requirement=requirement)


@case("RFC7413:4.2.1-COOKIE-REQ", "RFC7413:4.1.1-FORMAT", **SERVER)
def request_brings_a_cookie(bench: Bench) -> None:
    """SYN with an empty cookie; the SYN-ACK has one of 4 to 16 octets, an even number."""
    fast_listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, FastOpen()))
    conn.expect("SA", ack=conn.peer.snd.nxt)
    cookie = cookie_in(latest(conn))
    bench.check(bool(cookie), True, "a cookie in the SYN-ACK")
    size = len(cookie or b"")
    bench.check(4 <= size <= 16 and size % 2 == 0, True, "its length", requirement="4.1.1-FORMAT")


@case("RFC7413:4.2.1-COOKIE-REQ", **SERVER)
def request_with_text_is_no_cookie(bench: Bench) -> None:
    """SYN with an empty cookie and text; only the SYN is acknowledged, and a cookie comes."""
    sock = fast_listener(bench)
    conn = opens(bench, b"")
    answer = refused_early(conn)
    bench.check(bool(cookie_in(answer)), True, "a cookie in the SYN-ACK")
    pending = sock.begin_accept()
    pending.expect_blocked()
    conn.send("A", seq=int(conn.peer.iss + 1))
    conn.app = sock.accepted(pending)


@case(VALID, **SERVER)
def text_is_read_before_the_handshake_ends(bench: Bench) -> None:
    """SYN with cookie and text; SYN-ACK of both, accept() and recv() at once, before any ACK."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn)
    conn.app = sock.accept()
    conn.app.recv(100, want=TEXT)
    conn.expect_state("SYN-RECEIVED")
    conn.send("A")
    conn.expect_state("ESTABLISHED")
    conn.send("PA", payload=b"more")
    conn.app.recv(100, want=b"more")


@case(VALID, **SERVER)
def waiting_accept_returns_before_the_handshake_ends(bench: Bench) -> None:
    """accept() waits, SYN with cookie and text; it returns at once, and recv() has the text."""
    sock = fast_listener(bench)
    cookie = cookie_for(bench)
    pending = sock.begin_accept()
    pending.expect_blocked()
    conn = opens(bench, cookie)
    taken_early(conn)
    conn.app = sock.accepted(pending)
    conn.app.recv(100, want=TEXT)


@case("RFC7413:4.2.2-EARLY-ANSWER", VALID, **SERVER)
def answer_goes_before_the_handshake_ends(bench: Bench) -> None:
    """SYN with cookie and text, the application answers; its text follows the SYN-ACK."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn, VALID)
    conn.app = sock.accept(requirement=VALID)
    conn.app.send(b"200 OK")
    conn.expect(None, seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=b"200 OK")
    conn.send("A")
    conn.expect_state("ESTABLISHED")
    conn.app.send(b"more")
    conn.expect(None, seq=conn.target.snd.nxt, payload=b"more")


@case(VALID, **SERVER)
def text_behind_the_syn_is_read_once(bench: Bench) -> None:
    """SYN with cookie and text, then the handshake's ACK with the same text and more; each once."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn)
    conn.app = sock.accept()
    conn.app.recv(100, want=TEXT)
    conn.send(TCP(flags="PA", seq=int(conn.peer.iss + 1)) / Raw(TEXT + b" and more"))
    conn.app.recv(100, want=b" and more")


@case(VALID, "RFC9293:3.10.7.2-SYN-FIN", **SERVER)
def fin_on_the_syn_ends_the_stream(bench: Bench) -> None:
    """SYN with cookie, text and FIN, then its ACK; the text is read, then end-of-file."""
    sock = fast_listener(bench)
    cookie = cookie_for(bench)
    conn = bench.connection()
    conn.send("SF", payload=TEXT, options=(MSS, FastOpen(cookie)))
    conn.expect("SA", ack=ANY, requirement="3.10.7.2-SYN-FIN")
    conn.send("A")
    conn.app = sock.accept()
    conn.app.recv(100, want=TEXT)
    conn.send("FA", seq=int(conn.peer.snd.nxt - 1))
    conn.app.recv(100, want=b"")


@case("RFC7413:4.1.2-ADDRESS", **SERVER)
def cookie_of_another_port(bench: Bench) -> None:
    """A cookie that came to another port of the same host; its text is taken all the same."""
    fast_listener(bench)
    cookie = cookie_for(bench)
    for _ in range(2):
        taken_early(opens(bench, cookie))


@case("RFC7413:4.1.2-ADDRESS", INVALID, **SERVER)
def cookie_of_another_address(bench: Bench) -> None:
    """A cookie that was given to another host; only the SYN is acknowledged."""
    sock = fast_listener(bench)
    cookie = cookie_for(bench)
    conn = opens(bench, cookie, peer_address=NEIGHBOUR[bench.ip])
    refused_early(conn)
    pending = sock.begin_accept()
    pending.expect_blocked(requirement=INVALID)


@case(
    INVALID,
    "RFC7413:4.2.1-COOKIE-REQ",
    rows={"four": b"\x00" * 4, "eight": b"\xa5" * 8, "sixteen": b"\x5a" * 16},
    **SERVER,
)
def text_with_a_wrong_cookie_is_not_taken(bench: Bench, cookie: bytes) -> None:
    """SYN with a wrong cookie and text; SYN-ACK of the SYN alone, and the text is sent again."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie)
    answer = refused_early(conn)
    bench.check(bool(cookie_in(answer)), True, "a new cookie", requirement="4.2.1-COOKIE-REQ")
    pending = sock.begin_accept()
    pending.expect_blocked()
    conn.send("A", seq=int(conn.peer.iss + 1))
    conn.app = sock.accepted(pending)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.send("PA", seq=int(conn.peer.iss + 1), payload=TEXT)
    reading.expect_return(octets=TEXT)


@case(
    "RFC7413:4.1.1-IGNORE-BAD",
    rows={
        "length_3": UnknownOption(34, b"\x01"),
        "length_5": UnknownOption(34, b"\x01\x02\x03"),
        "length_9": UnknownOption(34, b"\x07" * 7),
        "length_20": UnknownOption(34, b"\x07" * 18),
    },
    needs=("fastopen",),
    settings=("fastopen",),
    state="LISTEN",
)
def cookie_of_impossible_length(bench: Bench, option: Option) -> None:
    """SYN with text and a cookie of no allowed length; a plain handshake without the option."""
    sock = fast_listener(bench)
    conn = bench.connection()
    conn.send("S", payload=TEXT, options=(MSS, option))
    answer = refused_early(conn)
    bench.check(cookie_in(answer), None, "a fast open option in the SYN-ACK")
    sock.begin_accept().expect_blocked()


@case("RFC7413:4.1.1-IGNORE-BAD", **SERVER)
def option_outside_a_syn(bench: Bench) -> None:
    """Text with a fast open option on an open connection; it is read as any other."""
    sock = fast_listener(bench)
    cookie = cookie_for(bench)
    conn = serves(sock)
    conn.send("PA", payload=b"more", options=(FastOpen(cookie),))
    conn.app.recv(100, want=b"more")
    conn.send("PA", payload=b"and more", options=(FastOpen(),))
    conn.app.recv(100, want=b"and more")
    answers = conn.drop_arrivals()
    asked = [cookie_in(arrival) for arrival in answers]
    bench.check([c for c in asked if c is not None], [], "fast open options in answers")


@case("RFC7413:4.1.1-IGNORE-BAD", needs=("fastopen",), settings=("no_fastopen",), state="LISTEN")
def option_without_fast_open(bench: Bench) -> None:
    """Fast open is off: SYN with text and a cookie; a plain handshake without the option."""
    sock = listener(bench)
    conn = opens(bench, b"\x11" * 8)
    answer = conn.expect("SA", ack=ANY)
    bench.check(cookie_in(answer), None, "a fast open option in the SYN-ACK")
    sock.begin_accept().expect_blocked()


@case("RFC7413:4.2.1-COOKIE-REQ", **SERVER)
def listener_that_was_not_asked(bench: Bench) -> None:
    """A listener without TCP_FASTOPEN is asked for a cookie; the SYN-ACK has none."""
    listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, FastOpen()))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(cookie_in(answer), None, "a fast open option in the SYN-ACK")


@case(
    "RFC7413:4.2.2-SYNACK-RTX",
    timing=True,
    real_s=3,
    needs=("fastopen",),
    settings=("fastopen",),
    state="SYN-RECEIVED",
)
def syn_ack_goes_again_without_the_option(bench: Bench) -> None:
    """A SYN-ACK with a cookie is not answered; it goes again without the option."""
    fast_listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MSS, FastOpen()))
    first = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(bool(cookie_in(first)), True, "a cookie in the first SYN-ACK")
    again = conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt, within=4)
    bench.check(cookie_in(again), None, "a cookie in the second SYN-ACK")


@case(
    "RFC7413:4.2.2-SYNACK-RTX",
    VALID,
    timing=True,
    real_s=3,
    needs=("fastopen",),
    settings=("fastopen",),
    state="SYN-RECEIVED",
)
def syn_ack_of_text_goes_again(bench: Bench) -> None:
    """SYN with cookie and text, answered early; the SYN-ACK goes again without text of its own."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn, VALID)
    conn.app = sock.accept(requirement=VALID)
    again = conn.expect("SA", seq=conn.target.iss, ack=conn.peer.snd.nxt, within=4)
    bench.check(again.segment.payload, b"", "text on the second SYN-ACK")
    bench.check(cookie_in(again), None, "a cookie in the second SYN-ACK")


@case("RFC7413:4.2.2-LIMIT", VALID, **SERVER)
def more_opens_than_the_limit(bench: Bench) -> None:
    """One pending open is allowed, two come; the second is a plain handshake, a third is early
    again once the first has completed.
    """
    sock = fast_listener(bench, 1)
    cookie = cookie_for(bench)
    first = opens(bench, cookie)
    taken_early(first, VALID)
    second = opens(bench, cookie)
    refused_early(second)
    first.send("A")
    first.app = sock.accept(requirement=VALID)
    first.app.recv(100, want=TEXT, requirement=VALID)
    taken_early(opens(bench, cookie))


@case("RFC7413:4.2.2-LIMIT", **SERVER)
def limit_of_zero_turns_it_off(bench: Bench) -> None:
    """TCP_FASTOPEN of 0 on a listener; a request brings no cookie."""
    fast_listener(bench, 0)
    conn = bench.connection()
    conn.send("S", options=(MSS, FastOpen()))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(cookie_in(answer), None, "a fast open option in the SYN-ACK")


@case("RFC7413:5.1-RESET-COUNTS", VALID, rows={"accepted": True, "waiting": False}, **SERVER)
def reset_makes_no_room(bench: Bench, accepted: bool) -> None:
    """One pending open is allowed and is reset; the next SYN gets a plain handshake."""
    sock = fast_listener(bench, 1)
    cookie = cookie_for(bench)
    first = opens(bench, cookie)
    taken_early(first, VALID)
    if accepted:
        first.app = sock.accept(requirement=VALID)
    first.send("R", seq=int(first.peer.snd.nxt))
    refused_early(opens(bench, cookie))
    serves(sock)


@case(VALID, "RFC9293:MUST-12", **SERVER)
def reset_of_an_early_open_is_told(bench: Bench) -> None:
    """SYN with cookie and text, accept(), then RST; recv() gives the text, then ECONNRESET."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn)
    conn.app = sock.accept()
    conn.app.recv(100, want=TEXT)
    reading = conn.app.begin_recv(100)
    reading.expect_blocked()
    conn.send("R")
    reading.expect_return(errno="ECONNRESET", requirement="MUST-12")
    conn.expect_state("CLOSED", "LISTEN", requirement="MUST-12")
    serves(sock)


@case(VALID, "RFC9293:3.10.4-CLOSE-SYNRCVD", **SERVER)
def early_open_is_closed_before_its_ack(bench: Bench) -> None:
    """SYN with cookie and text, read and closed before the ACK; the FIN comes, at once or later."""
    sock = fast_listener(bench)
    conn = opens(bench, cookie_for(bench))
    taken_early(conn)
    conn.app = sock.accept()
    conn.app.recv(100, want=TEXT)
    conn.app.close()
    conn.send("A", ack=conn.target.iss + 1)
    fin = Pattern("FA", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt)
    conn.expect_one_of(fin, requirement="3.10.4-CLOSE-SYNRCVD")


@case(
    "RFC7413:4.1.2-EXPIRE",
    INVALID,
    needs=("fastopen",),
    settings=("fastopen_short_key",),
    state="LISTEN",
)
def old_cookie_is_replaced(bench: Bench) -> None:
    """The key of cookies has changed twice; the old one gets a plain handshake and a new one."""
    fast_listener(bench)
    cookie = cookie_for(bench)
    bench.wait(125)
    conn = opens(bench, cookie)
    answer = refused_early(conn, INVALID)
    bench.check(cookie_in(answer) not in (None, cookie), True, "another cookie")


@case(
    "RFC7413:4.1.2-EXPIRE",
    VALID,
    needs=("fastopen",),
    settings=("fastopen_short_key",),
    state="LISTEN",
)
def ageing_cookie_is_good_once_more(bench: Bench) -> None:
    """The key of cookies has changed once; the old one is good still, and a new one comes."""
    fast_listener(bench)
    cookie = cookie_for(bench)
    bench.wait(60)
    conn = opens(bench, cookie)
    answer = taken_early(conn, VALID)
    bench.check(cookie_in(answer) not in (None, cookie), True, "another cookie")
