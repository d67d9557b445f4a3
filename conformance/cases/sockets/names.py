"""getsockname(), getpeername(): what both ends are called."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.reach import established, handshake, listener, reach, syn_sent

#: Size of struct sockaddr_in and sockaddr_in6.
WHOLE = {4: 16, 6: 28}
SHORT = 4


@case("POSIX:GETSOCKNAME-UNBOUND", measures=True)
def local_name_of_a_fresh_socket(bench: Bench) -> None:
    """getsockname() before bind(); it succeeds, the value is recorded."""
    host, port = bench.app.socket().getsockname()
    bench.measure("getsockname()", f"{host} port {port}")


@case("POSIX:GETSOCKNAME-ACCEPTED", "DOC-05", rows={"first": 0, "second": 1})
def local_name_of_a_child(bench: Bench, which: int) -> None:
    """A wildcard listener and a client of each local address; the child has that address."""
    sock = listener(bench)
    conn = handshake(bench.connection(address=bench.stack_addresses[which]))
    child = sock.accept()
    bench.check(child.getsockname(), (conn.address, LISTEN_PORT), "getsockname() of the child")
    bench.check(sock.getsockname(), (bench.any_address, LISTEN_PORT), "getsockname()")


@case(
    "POSIX:GETPEERNAME-ENOTCONN",
    rows={"fresh": "fresh", "listener": "listener", "connecting": "SYN-SENT", "reset": "reset"},
)
def no_peer(bench: Bench, kind: str) -> None:
    """getpeername() on a socket that is not connected, not yet or not any more; ENOTCONN."""
    if kind == "fresh":
        sock = bench.app.socket()
    elif kind == "listener":
        sock = listener(bench)
    elif kind == "reset":
        conn = established(bench)
        conn.send(TCP(flags="R"))
        sock = conn.app
    else:
        sock = syn_sent(bench)[0].app
    sock.getpeername(errno="ENOTCONN")


@case(
    "POSIX:GETPEERNAME-CLOSEWAIT",
    rows={"CLOSE-WAIT": "CLOSE-WAIT", "FIN-WAIT-2": "FIN-WAIT-2"},
    measures=True,
)
def peer_of_a_half_closed_connection(bench: Bench, state: str) -> None:
    """getpeername() when one direction has ended; address or error is recorded."""
    conn = reach(bench, state)
    returned = conn.app.begin("getpeername").returned
    answer = "no return"
    if returned is not None:
        answer = returned.errno or f"{returned.get('address')}"
    bench.measure("getpeername()", answer.replace(str(conn.peer_port), "PORT"))


@case("POSIX:NAME-TRUNCATE", "DOC-43", rows={"local": "getsockname", "peer": "getpeername"})
def short_buffer(bench: Bench, name: str) -> None:
    """A name asked for with room for four octets; success, and the length is the true one."""
    conn = established(bench)
    got = conn.app.call(name, ("length", SHORT))
    bench.check(got.get("length"), WHOLE[bench.ip], "length reported")
    whole = conn.app.call(name, ("length", WHOLE[bench.ip]))
    bench.check(whole.get("length"), WHOLE[bench.ip], "length with room enough")


@case("POSIX:GETPEERNAME-SHUT", state="ESTABLISHED")
def name_of_the_peer_after_shutdown(bench: Bench) -> None:
    """getpeername() after shutdown(SHUT_RDWR); EINVAL."""
    conn = established(bench)
    conn.app.shutdown("SHUT_RDWR")
    conn.app.getpeername(errno="EINVAL")
