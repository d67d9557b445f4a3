"""close(): descriptors go, and with the last one the connection."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established


@case(
    "POSIX:CLOSE-DUP",
    rows={"the_first": 0, "the_duplicate": 1},
    needs=("descriptors",),
    state="ESTABLISHED",
)
def one_of_two_descriptors(bench: Bench, closed: int) -> None:
    """dup(), then one of the two is closed; no FIN, the other works; its close() sends FIN."""
    conn = established(bench)
    both = [conn.app, conn.app.dup()]
    both.pop(closed).close()
    left = both[0]
    conn.expect_silence()
    conn.send(TCP(flags="PA") / Raw(b"ping"))
    left.recv(10, want=b"ping")
    left.send(b"pong")
    conn.expect("A", payload=b"pong")
    conn.send("A")
    left.close()
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)


@case("POSIX:CLOSE-DUP", "POSIX:ACCEPT-LISTENER-LIVES", needs=("descriptors",))
def one_of_two_descriptors_of_a_listener(bench: Bench) -> None:
    """dup() of a listener, one is closed; SYNs are answered until the other is closed too."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.listen()
    left = sock.dup()
    sock.close()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt, requirement="POSIX:ACCEPT-LISTENER-LIVES")
    conn.send("A")
    conn.app = left.accept(requirement="POSIX:ACCEPT-LISTENER-LIVES")
    left.close()
    late = bench.connection()
    late.send("S")
    late.expect("RA", seq=0, ack=late.peer.snd.nxt)
    conn.app.send(b"alive", requirement="POSIX:ACCEPT-LISTENER-LIVES")
    conn.expect("A", payload=b"alive", requirement="POSIX:ACCEPT-LISTENER-LIVES")


@case("POSIX:EBADF-ENOTSOCK", needs=("descriptors",))
def twice(bench: Bench) -> None:
    """close() twice; EBADF the second time, and one FIN."""
    conn = established(bench)
    conn.app.close()
    conn.app.close(errno="EBADF")
    conn.expect("FA", seq=conn.target.snd.nxt)
    conn.send("A")
    conn.expect_silence(0.3, repeats=True)


@case("POSIX:BIND-EADDRINUSE")
def port_of_an_unused_socket(bench: Bench) -> None:
    """A bound socket that never had a connection is closed; its port is free at once."""
    for _ in range(2):
        sock = bench.app.socket()
        sock.bind(LISTEN_PORT)
        other = bench.app.socket()
        other.bind(LISTEN_PORT, errno="EADDRINUSE")
        sock.close()
        other.close()
