"""listen(): from CLOSED to LISTEN."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.probes import completed, reusing, serves, told
from tcpassay.conformance.reach import established, handshake, listener


@case("POSIX:LISTEN-CONNECTED", "DOC-10", rows={"accepted": "listen", "connected": "connect"})
def on_a_connection(bench: Bench, way: str) -> None:
    """listen() on a connected socket; EINVAL, and the connection is unharmed."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    conn.app.listen(errno="EINVAL")
    conn.expect_silence()
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:LISTEN-UNBOUND")
def without_a_name(bench: Bench) -> None:
    """listen() on a socket without a name; EDESTADDRREQ, or a port that answers SYNs."""
    sock = bench.app.socket()
    returned = sock.begin("listen", ("length", 5))
    bench.wait_until(lambda: returned.returned is not None, 1.0)
    if returned.returned is not None and returned.returned.errno is not None:
        returned.expect_return(errno="EDESTADDRREQ")
        return
    returned.expect_return(0)
    conn = bench.connection(port=sock.getsockname()[1])
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case("POSIX:ACCEPT-QUEUED-DATA", "POSIX:LISTEN-AGAIN")
def a_second_time(bench: Bench) -> None:
    """listen() on a listener that has a client with text waiting; both are kept."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    conn.send(TCP(flags="PA") / Raw(b"kept"))
    sock.listen(10, requirement="POSIX:LISTEN-AGAIN")
    conn.app = sock.accept()
    conn.app.recv(10, want=b"kept")


@case("RFC9293:MUST-41", rows={"listener_alive": False, "listener_closed": True})
def beside_an_open_connection(bench: Bench, closed: bool) -> None:
    """A second listener for the port of an open connection, granted or not; no other is harmed.

    The port is shared by SO_REUSEADDR. While the first listener lives, the second is refused.
    """
    first, second = reusing(bench), reusing(bench)
    with bench.reaching("an accepted connection"):
        first.bind(LISTEN_PORT)
        first.listen()
        conn = handshake(bench.connection())
        conn.app = first.accept()
    if closed:
        first.close()
    bound = told(second.begin("bind", ("address", (bench.any_address, LISTEN_PORT))))
    listening = told(second.begin("listen", ("length", 5))) if bound == "success" else bound
    bench.check(listening in {"success", "EADDRINUSE"}, True, "success or EADDRINUSE")
    conn.expect_silence()
    conn.send("PA", payload=b"ping")
    conn.app.recv(10, want=b"ping")
    conn.app.send(b"pong")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt, payload=b"pong")
    if not closed or listening == "success":
        serves(second if closed else first)


@case("POSIX:LISTEN-BACKLOG-NEG", settings=("no_syn_cookies",))
def negative_backlog(bench: Bench) -> None:
    """listen() with -1; as many connections wait for accept() as with 0."""
    admitted = {}
    for backlog, port in ((0, 8081), (-1, 8082)):
        sock = listener(bench, backlog, port=port)
        opened = completed(bench, port=port)
        admitted[backlog] = len(opened)
        sock.close()
        for conn in opened:
            conn.drop_arrivals()
    bench.check(admitted[-1], admitted[0], "connections admitted")


@case("POSIX:SO_ACCEPTCONN")
def accepting_option(bench: Bench) -> None:
    """SO_ACCEPTCONN before listen(), after it, and on an accepted socket; 0, 1, 0."""
    sock = bench.app.socket()
    bench.check(sock.get_option("SOL_SOCKET", "SO_ACCEPTCONN"), 0, "SO_ACCEPTCONN before listen()")
    sock.bind(LISTEN_PORT)
    sock.listen()
    bench.check(sock.get_option("SOL_SOCKET", "SO_ACCEPTCONN"), 1, "SO_ACCEPTCONN of a listener")
    handshake(bench.connection())
    child = sock.accept()
    bench.check(child.get_option("SOL_SOCKET", "SO_ACCEPTCONN"), 0, "SO_ACCEPTCONN of a child")
