"""What the source documents say of a socket's addresses: its own, and the other side's."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.reach import PEER_PORT, established, handshake, listener, syn_sent

#: Size of struct sockaddr_in and sockaddr_in6.
WHOLE = {4: 16, 6: 28}
SHORT = 4


@case("DOC-19")
def accept_tells_the_client(bench: Bench) -> None:
    """Three clients; accept() gives each one's address and port, which are the SYN's source."""
    sock = listener(bench)
    for _ in range(3):
        conn = handshake(bench.connection())
        got = sock.call("accept")
        bench.check(got.get("address"), (conn.peer_address, conn.peer_port), "address of accept()")


@case("DOC-19")
def length_of_accept_is_value_and_result(bench: Bench) -> None:
    """accept() with room for four octets and with room enough; the length is the true one."""
    sock = listener(bench)
    conns = [handshake(bench.connection()) for _ in range(2)]
    cut = sock.call("accept", ("length", SHORT))
    bench.check(cut.get("length"), WHOLE[bench.ip], "length reported for an address that was cut")
    whole = sock.call("accept", ("length", WHOLE[bench.ip]))
    bench.check(whole.get("length"), WHOLE[bench.ip], "length with room enough")
    for got, conn in zip((cut, whole), conns, strict=True):
        peer = Socket(bench.app, got.value).getpeername()
        bench.check(peer, (conn.peer_address, conn.peer_port), "getpeername()")


@case("DOC-19")
def accept_without_an_address(bench: Bench) -> None:
    """accept() with two null pointers; a connection all the same, and its client can be asked."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    child = Socket(bench.app, sock.call("accept", ("length", 0)).value)
    bench.check(child.getpeername(), (conn.peer_address, conn.peer_port), "getpeername()")


@case("DOC-43", rows={"accepted": "listen", "connected": "connect"})
def both_names(bench: Bench, way: str) -> None:
    """Both calls on an accepted and on a connected socket; the two ends as the wire has them."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    bench.check(conn.app.getsockname(), (conn.address, conn.port), "getsockname()")
    bench.check(conn.app.getpeername(), (conn.peer_address, conn.peer_port), "getpeername()")


@case("DOC-43", needs=("active_open",), state="SYN-SENT")
def no_peer_before_the_handshake_is_over(bench: Bench) -> None:
    """getpeername() before connect() and before its answer; ENOTCONN, then the peer's name."""
    bench.app.socket().getpeername(errno="ENOTCONN")
    conn, connecting = syn_sent(bench)
    conn.app.getpeername(errno="ENOTCONN")
    bench.check(conn.app.getsockname(), (conn.address, conn.port), "getsockname() meanwhile")
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt)
    connecting.expect_return(0)
    bench.check(conn.app.getpeername(), (conn.peer_address, PEER_PORT), "getpeername()")


@case("DOC-43", rows={"local": "getsockname", "peer": "getpeername"})
def name_that_does_not_fit(bench: Bench, name: str) -> None:
    """A name asked for with room for four octets; success, and the length is the true one."""
    conn = established(bench)
    for room in (SHORT, WHOLE[bench.ip] - 1, WHOLE[bench.ip]):
        got = conn.app.call(name, ("length", room))
        bench.check(got.get("length"), WHOLE[bench.ip], f"length reported for room of {room}")
