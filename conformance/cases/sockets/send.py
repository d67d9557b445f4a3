"""send(): what it takes, when it waits, and how it fails."""

from tcpassay.conformance.app import ready
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established, listener, peer_closes, reach

SMALL_BUFFER = 8192
PIECE = bytes(range(256)) * 16
#: More than any send buffer here; an agent takes calls of half a mebibyte at most.
MUCH = bytes(range(256)) * 1600
#: The states behind the target's own FIN.
CLOSING_STATES = ("FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT")
#: Rounds of "take what has come, acknowledge it" before a transfer counts as stuck.
ROUNDS = 2000


def shut_window(bench: Bench) -> Connection:
    """An open connection whose peer has no room, with a small send buffer."""
    conn = established(bench)
    with bench.reaching("a closed window"):
        conn.app.set_option("SOL_SOCKET", "SO_SNDBUF", SMALL_BUFFER)
        conn.window = 0
        conn.send("A")
    return conn


def take_all(conn: Connection, size: int) -> bytes:
    """Open the window and acknowledge until `size` octets of the target's text are there."""
    first, text = int(conn.target.snd.una), bytearray()
    conn.window = 65535
    conn.send("A")
    for _ in range(ROUNDS):
        arrivals = conn.drop_arrivals()
        for arrival in arrivals:
            segment = arrival.segment
            at = (segment.seq - first) % 2**32
            text[at : at + len(segment.payload)] = segment.payload
        if len(text) >= size:
            break
        if arrivals:
            conn.send("A")
        else:
            conn.bench.wait(0.05)
    conn.send("A")
    return bytes(text)


@case(
    "POSIX:SEND-ENOTCONN",
    "RFC9293:3.10.2-SEND-CLOSED",
    rows={"fresh": "fresh", "bound": "bound", "listener": "listener"},
)
def without_a_connection(bench: Bench, kind: str) -> None:
    """send() on a socket that was never connected; an error, by POSIX ENOTCONN."""
    sock = listener(bench) if kind == "listener" else bench.app.socket()
    if kind == "bound":
        sock.bind(LISTEN_PORT)
    sending = sock.begin_send(b"x", "MSG_NOSIGNAL")
    sending.expect_return(errno=("ENOTCONN", "EPIPE"), requirement="3.10.2-SEND-CLOSED")
    sending.expect_return(errno="ENOTCONN")


@case(
    "POSIX:SEND-EPIPE-SHUT",
    "POSIX:SIGPIPE",
    "POSIX:SEND-NOSIGNAL",
    rows={"signal": True, "nosignal": False},
    own_process=True,
    needs=("processes",),
)
def after_shutdown(bench: Bench, signal: bool) -> None:
    """send() after shutdown(SHUT_WR), without and with MSG_NOSIGNAL; EPIPE, one SIGPIPE or none."""
    conn = established(bench)
    conn.app.shutdown("SHUT_WR")
    conn.expect("FA")
    conn.app.send(b"x", *(() if signal else ("MSG_NOSIGNAL",)), errno="EPIPE")
    told = [(event.process, event.signal) for event in bench.signals]
    if signal:
        bench.check(told, [(1, "SIGPIPE")], "signals", requirement="POSIX:SIGPIPE")
    else:
        bench.check(told, [], "signals", requirement="POSIX:SEND-NOSIGNAL")
    conn.expect_silence(repeats=True)


@case("RFC9293:3.10.2-SEND-CLOSING", rows={state: state for state in CLOSING_STATES})
def after_our_own_fin(bench: Bench, state: str) -> None:
    """send() in each state behind the target's own FIN; EPIPE, and no octet goes out."""
    conn = reach(bench, state)
    conn.app.send(b"too late", "MSG_NOSIGNAL", errno="EPIPE")
    conn.expect_silence(repeats=True)
    conn.expect_state(state)


@case("POSIX:SEND-ECONNRESET", "POSIX:SEND-EPIPE-RST", state="ESTABLISHED")
def after_reset(bench: Bench) -> None:
    """RST on an open connection; send() fails with ECONNRESET once, from then on with EPIPE."""
    conn = established(bench)
    conn.send(TCP(flags="R"))
    conn.app.send(b"x", "MSG_NOSIGNAL", errno="ECONNRESET")
    for _ in range(2):
        conn.app.send(b"x", "MSG_NOSIGNAL", errno="EPIPE", requirement="POSIX:SEND-EPIPE-RST")
    conn.expect_silence()


@case("POSIX:SEND-AFTER-FIN", state="CLOSE-WAIT")
def after_the_peers_fin_and_reset(bench: Bench) -> None:
    """FIN, send() which goes out, RST for it; the next send() is EPIPE."""
    conn = established(bench)
    peer_closes(conn)
    conn.app.send(b"anybody")
    conn.expect("A", payload=b"anybody")
    conn.send(TCP(flags="R"))
    conn.app.send(b"there", "MSG_NOSIGNAL", errno="EPIPE")
    conn.expect_silence()


@case("POSIX:SEND-EAGAIN", rows={"socket": True, "call": False}, needs=("nonblocking", "poll"))
def buffer_full(bench: Bench, whole_socket: bool) -> None:
    """A closed window, and send() without blocking until EAGAIN; room again makes POLLOUT."""
    conn = shut_window(bench)
    if whole_socket:
        conn.app.set_nonblocking()
    taken, errno = 0, None
    for _ in range(ROUNDS):
        returned = conn.app.begin_send(PIECE, "MSG_DONTWAIT").returned
        errno = returned.errno if returned else "none: it blocks"
        if errno:
            break
        taken += returned.value if returned else 0
    bench.check(errno, "EAGAIN", "errno of send() when the buffer is full")
    none = bench.app.poll((conn.app, ("POLLOUT",))).expect_return(0)
    bench.check(ready(none, conn.app), (), "events while the buffer is full")
    bench.check(len(take_all(conn, taken)), taken, "octets on the wire")
    bench.check(
        ready(bench.app.poll((conn.app, ("POLLOUT",))).expect_return(1), conn.app),
        ("POLLOUT",),
        "events when there is room",
    )


@case("POSIX:SEND-PARTIAL", needs=("nonblocking",))
def takes_a_part(bench: Bench) -> None:
    """A non-blocking send() of 2 MiB into a closed window; it tells how much, that much comes."""
    conn = shut_window(bench)
    conn.app.set_nonblocking()
    taken = conn.app.begin_send(MUCH).expect_return().value
    bench.check(0 < taken < len(MUCH), True, "a part is taken")
    got = take_all(conn, taken)
    bench.check(len(got), taken, "octets on the wire")
    bench.check(got == MUCH[:taken], True, "the octets are the first ones")
    conn.expect_silence(0.3)


@case("POSIX:SEND-PARTIAL")
def waits_and_takes_all(bench: Bench) -> None:
    """A blocking send() of more than buffer and window; it waits, then takes all."""
    conn = shut_window(bench)
    text = MUCH[: 32 * SMALL_BUFFER]
    sending = conn.app.begin_send(text)
    sending.expect_blocked()
    got = take_all(conn, len(text))
    sending.expect_return(len(text))
    bench.check(len(got), len(text), "octets on the wire")
    bench.check(got == text, True, "the octets are those sent")


@case("POSIX:SEND-PARTIAL")
def nothing_to_send(bench: Bench) -> None:
    """send() of no octets; it returns 0 and nothing goes out."""
    conn = established(bench)
    conn.app.send(b"", value=0)
    conn.expect_silence(0.3)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:SEND-SUCCESS-LOCAL")
def success_is_local(bench: Bench) -> None:
    """The peer has no room and says nothing; send() of a little succeeds at once all the same."""
    conn = shut_window(bench)
    conn.app.send(b"a letter")
    conn.expect_silence()
