"""Options that Linux has beyond POSIX: tcp(7), socket(7)."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import latest, syn_gap
from tcpassay.conformance.reach import established, handshake

#: Clients enough for chance to send some to each of two listeners.
CLIENTS = 32
CLAMP = 4096


def sharing(bench: Bench, *, share: bool = True) -> Socket:
    """A socket bound to the usual port, with SO_REUSEPORT where wanted; it does not listen yet."""
    with bench.reaching("a bound socket"):
        sock = bench.app.socket()
        if share:
            sock.set_option("SOL_SOCKET", "SO_REUSEPORT", 1)
        sock.bind(LISTEN_PORT)
    return sock


def accepted(sock: Socket) -> int:
    """How many connections a listener has to give; each is taken."""
    count = 0
    while count <= CLIENTS and readable(sock):
        sock.accept()
        count += 1
    return count


def readable(sock: Socket) -> bool:
    """Whether poll() tells of a connection to accept."""
    return sock.app.poll((sock, ("POLLIN",)), timeout_ms=0).expect_return().value == 1


@case("LINUX:REUSEPORT", needs=("reuse_port", "poll"))
def clients_are_dealt_out(bench: Bench) -> None:
    """Two listeners on one address by SO_REUSEPORT, 32 clients; each is served by one of them.

    Once one of them is closed the other serves all that come.
    """
    first, second = (sharing(bench) for _ in range(2))
    for sock in (first, second):
        sock.listen(2 * CLIENTS)
    for _ in range(CLIENTS):
        handshake(bench.connection())
    served = [accepted(sock) for sock in (first, second)]
    bench.check(sum(served), CLIENTS, "connections accepted by both")
    bench.check(min(served) > 0, True, "some by each of the two")
    first.close()
    for _ in range(CLIENTS):
        handshake(bench.connection())
    bench.check(accepted(second), CLIENTS, "connections accepted by the one that is left")


@case(
    "LINUX:REUSEPORT",
    needs=("reuse_port",),
    rows={"first_only": (True, False), "second_only": (False, True)},
)
def all_have_to_share(bench: Bench, row: tuple[bool, bool]) -> None:
    """One of two sockets lacks SO_REUSEPORT; EADDRINUSE for the second, and the first listens."""
    first = sharing(bench, share=row[0])
    first.listen()
    second = bench.app.socket()
    if row[1]:
        second.set_option("SOL_SOCKET", "SO_REUSEPORT", 1)
    second.bind(LISTEN_PORT, errno="EADDRINUSE")
    handshake(bench.connection())
    first.accept()


@case("LINUX:TCP_SYNCNT", needs=("syn_count", "active_open"), settings=("doubling_syn",), real_s=4)
def syn_is_sent_again_once(bench: Bench) -> None:
    """TCP_SYNCNT of 1 and no answer; the SYN comes again once, then nothing but ETIMEDOUT."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_SYNCNT", 1)
    pending = sock.begin_connect(7070)
    with bench.reaching("SYN-SENT"):
        conn = bench.expect_syn()
    gap = syn_gap(bench)
    conn.expect("S", seq=conn.target.iss, within=1.5 * gap)
    pending.expect_return(errno="ETIMEDOUT", within=6 * gap)
    conn.expect_silence()


@case("LINUX:TCP_SYNCNT", needs=("syn_count",), rows={"0": 0, "128": 128})
def syn_count_out_of_range(bench: Bench, count: int) -> None:
    """TCP_SYNCNT of 0 and of 128; EINVAL, as it is a number from 1 to 127."""
    bench.app.socket().set_option("IPPROTO_TCP", "TCP_SYNCNT", count, errno="EINVAL")


@case("LINUX:TCP_CORK", needs=("cork",), state="ESTABLISHED")
def cork_is_pulled(bench: Bench) -> None:
    """TCP_CORK, and ten octets in two pieces; nothing until it is cleared, then all at once."""
    conn = established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_CORK", 1)
    conn.app.send(b"01234")
    conn.app.send(b"56789")
    conn.expect_silence(0.1)
    conn.app.set_option("IPPROTO_TCP", "TCP_CORK", 0)
    conn.expect("A", seq=conn.target.snd.nxt, payload=b"0123456789", within=0.05)


@case("LINUX:TCP_CORK", needs=("cork",), timing=True, state="ESTABLISHED")
def cork_holds_for_200_ms(bench: Bench) -> None:
    """TCP_CORK is never cleared; ten octets wait for 200 ms, and go then."""
    conn = established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_CORK", 1)
    conn.app.send(b"0123456789")
    conn.expect("A", seq=conn.target.snd.nxt, payload=b"0123456789", after=0.15, within=0.25)


@case("LINUX:TCP_CORK", needs=("cork",), state="ESTABLISHED")
def full_segments_pass_the_cork(bench: Bench) -> None:
    """TCP_CORK with a segment and a half; the whole one goes, the rest with the FIN of close()."""
    conn = established(bench, mss=500)
    conn.app.set_option("IPPROTO_TCP", "TCP_CORK", 1)
    conn.app.send(bytes(750))
    conn.expect("A", seq=conn.target.snd.nxt, payload=500)
    conn.send("A")
    conn.expect_silence(0.1)
    conn.app.shutdown()
    conn.expect("FA", seq=conn.target.snd.nxt, payload=250, within=0.05)


@case("LINUX:TCP_DEFER_ACCEPT", needs=("defer_accept",), rows={"text": "PA", "end": "FPA"})
def accept_waits_for_text(bench: Bench, flags: str) -> None:
    """TCP_DEFER_ACCEPT on a listener; accept() sleeps through the handshake, text wakes it."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.listen()
    sock.set_option("IPPROTO_TCP", "TCP_DEFER_ACCEPT", 5)
    waiting = sock.begin_accept()
    conn = handshake(bench.connection())
    bench.wait(0.2)
    waiting.expect_blocked()
    conn.send(flags, payload=b"request")
    child = sock.accepted(waiting)
    child.recv(16, want=b"request")
    if "F" in flags:
        child.recv(16, want=b"")


@case("LINUX:TCP_DEFER_ACCEPT", needs=("defer_accept",))
def one_who_talks_comes_first(bench: Bench) -> None:
    """Two clients of a deferring listener, the second says something; accept() gives that one."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.listen()
    sock.set_option("IPPROTO_TCP", "TCP_DEFER_ACCEPT", 5)
    silent, talking = handshake(bench.connection()), handshake(bench.connection())
    talking.send("PA", payload=b"hello")
    made = sock.call("accept")
    bench.check(made.get("address"), (talking.peer_address, talking.peer_port), "who is accepted")
    silent.send("PA", payload=b"me too")
    silent.app = sock.accept()
    silent.app.recv(16, want=b"me too")


@case("LINUX:TCP_QUICKACK", needs=("quickack", "delayed_ack"), timing=True, state="ESTABLISHED")
def acknowledged_at_once(bench: Bench) -> None:
    """TCP_QUICKACK is cleared and set; the ACK that is owed goes, each small segment draws one.

    They come at once, where half of them may wait otherwise.
    """
    conn = established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_QUICKACK", 0)
    conn.send("PA", payload=b"may wait")
    conn.app.recv(16, want=b"may wait")
    conn.app.set_option("IPPROTO_TCP", "TCP_QUICKACK", 1)
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.01)
    for _ in range(3):
        conn.send("PA", payload=b"may not")
        conn.expect("A", ack=conn.peer.snd.nxt, within=0.01)


def clamped(bench: Bench, way: str) -> tuple[Connection, int]:
    """A connection whose socket has TCP_WINDOW_CLAMP, and the window of the target's SYN."""
    sock = bench.app.socket()
    sock.set_option("IPPROTO_TCP", "TCP_WINDOW_CLAMP", CLAMP)
    if way == "connect":
        pending = sock.begin_connect(7070)
        conn = bench.expect_syn()
        window = latest(conn).segment.window
        conn.send("SA")
        pending.expect_return(0)
        conn.expect("A", ack=conn.peer.snd.nxt)
        conn.app = sock
    else:
        sock.bind(LISTEN_PORT)
        sock.listen()
        conn = bench.connection()
        conn.send("S")
        window = conn.expect("SA", ack=conn.peer.snd.nxt).segment.window
        conn.send("A")
        conn.app = sock.accept()
    return conn, window


WAYS = {"listen": "listen", "connect": "connect"}


@case("LINUX:TCP_WINDOW_CLAMP", needs=("window_clamp",), rows=WAYS)
def first_window_is_clamped(bench: Bench, way: str) -> None:
    """TCP_WINDOW_CLAMP of 4096 before the handshake; the window of the SYN is not above it."""
    _, window = clamped(bench, way)
    bench.check(0 < window <= CLAMP, True, "a window of the clamp at most")


@case("LINUX:TCP_WINDOW_CLAMP", needs=("window_clamp",), rows=WAYS)
def window_stays_clamped(bench: Bench, way: str) -> None:
    """TCP_WINDOW_CLAMP of 4096, then text that is read as it comes; no window is above it."""
    conn, _ = clamped(bench, way)
    for _ in range(4):
        conn.send("PA", payload=bytes(1000))
        window = conn.expect("A", ack=conn.peer.snd.nxt).segment.window
        bench.check(window <= CLAMP, True, "a window of the clamp at most")
        conn.app.recv(1000, "MSG_WAITALL", want=bytes(1000))
    for arrival in conn.drop_arrivals():
        bench.check(arrival.segment.window <= CLAMP, True, "a window of the clamp at most")
