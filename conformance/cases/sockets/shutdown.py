"""shutdown(): one direction, or both, for all who hold the socket."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.reach import PEER_PORT, established, handshake, listener, peer_acks

NO_SUCH_HOW = 7


@case("POSIX:SHUTDOWN-ENOTCONN", rows={"fresh": "fresh", "bound": "bound"})
def without_a_connection(bench: Bench, kind: str) -> None:
    """shutdown() on a socket that was never connected; ENOTCONN."""
    sock = bench.app.socket()
    if kind == "bound":
        sock.bind(LISTEN_PORT)
    for how in ("SHUT_RD", "SHUT_WR", "SHUT_RDWR"):
        sock.shutdown(how, errno="ENOTCONN")


@case(
    "POSIX:SHUTDOWN-ENOTCONN",
    rows={"SHUT_RD": "SHUT_RD", "SHUT_WR": "SHUT_WR"},
    state="ESTABLISHED",
)
def failed_and_connected_later(bench: Bench, how: str) -> None:
    """shutdown() that has failed, then connect(); text goes both ways, and recv() waits for it."""
    sock = bench.app.socket()
    sock.shutdown(how, errno="ENOTCONN")
    pending = sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    conn.send(TCP(flags="SA"))
    conn.expect("A")
    pending.expect_return(0)
    sock.send(b"a question", "MSG_NOSIGNAL")
    conn.expect("A", payload=b"a question")
    sock.recv(100, "MSG_DONTWAIT", errno="EAGAIN")
    conn.send(TCP(flags="PA") / Raw(b"an answer"))
    sock.recv(100, want=b"an answer")


@case("POSIX:SHUTDOWN-EINVAL")
def unknown_direction(bench: Bench) -> None:
    """shutdown() with a direction that does not exist; EINVAL and no segment."""
    conn = established(bench)
    conn.app.call("shutdown", ("name", NO_SUCH_HOW), errno="EINVAL")
    conn.expect_silence()
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:SHUTDOWN-WR-FIN", state="FIN-WAIT-2")
def sending_ends_behind_the_text(bench: Bench) -> None:
    """shutdown(SHUT_WR) with text on the way; text, then FIN, and the peer is still read."""
    conn = established(bench)
    conn.app.send(b"last words")
    conn.app.shutdown("SHUT_WR")
    which, _ = conn.expect_one_of(
        Pattern("A", payload=b"last words"), Pattern("FA", payload=b"last words")
    )
    if which == 0:
        conn.expect("FA", seq=conn.target.snd.nxt)
    peer_acks(conn)
    conn.send(TCP(flags="PA") / Raw(b"an answer"))
    conn.app.recv(100, want=b"an answer")
    conn.app.send(b"x", "MSG_NOSIGNAL", errno="EPIPE")
    conn.expect_state("FIN-WAIT-2")


@case("POSIX:SHUTDOWN-RD", state="ESTABLISHED", measures=True)
def receiving_ends(bench: Bench) -> None:
    """shutdown(SHUT_RD), then text comes; nothing is sent by the call, the rest is recorded."""
    conn = established(bench)
    conn.app.shutdown("SHUT_RD")
    conn.expect_silence()
    conn.app.recv(10, want=b"")
    conn.send(TCP(flags="PA") / Raw(b"late"))
    bench.wait(0.3)
    answers = [str(arrival.scapy()["TCP"].flags) for arrival in conn.drop_arrivals()]
    bench.measure("answer to text", " ".join(answers) or "silence")
    bench.measure("then recv() gives", f"{len(conn.app.recv(10))} octets")


@case("POSIX:SHUTDOWN-RDWR", state="ESTABLISHED")
def both_end(bench: Bench) -> None:
    """shutdown(SHUT_RDWR) while recv() waits; FIN, recv() gives 0, send() EPIPE."""
    conn = established(bench)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    conn.app.shutdown("SHUT_RDWR")
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    reading.expect_return(0, octets=b"")
    conn.app.recv(10, want=b"")
    conn.app.send(b"x", "MSG_NOSIGNAL", errno="EPIPE")


@case(
    "POSIX:SHUTDOWN-WAKES",
    rows={"shutdown": "shutdown", "close": "close"},
    state="ESTABLISHED",
    measures=True,
)
def reader_when_the_socket_ends(bench: Bench, how: str) -> None:
    """shutdown(SHUT_RD) or close() while recv() waits; whether that wakes it is recorded."""
    conn = established(bench)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    if how == "close":
        conn.app.close()
    else:
        conn.app.shutdown("SHUT_RD")
    bench.wait(0.1)
    returned = reading.returned
    answer = "still waiting"
    if returned is not None:
        answer = returned.errno or f"{returned.value} octets"
    bench.measure("recv()", answer)


@case("POSIX:SHUTDOWN-LISTENER", measures=True)
def of_a_listener(bench: Bench) -> None:
    """shutdown(SHUT_RD) of a listener; what it returns and what a SYN then gets is recorded."""
    sock = listener(bench)
    handshake(bench.connection())
    returned = sock.begin("shutdown", ("name", "SHUT_RD")).returned
    bench.measure("shutdown()", (returned and returned.errno) or "success")
    conn = bench.connection()
    conn.send(TCP(flags="S"))
    bench.wait(0.1)
    answers = [str(arrival.scapy()["TCP"].flags) for arrival in conn.drop_arrivals()]
    bench.measure("answer to a SYN", " ".join(answers) or "silence")
