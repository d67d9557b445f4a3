"""Which connection a segment belongs to: RFC 9293, section 3.3.1."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import is_reset
from tcpassay.conformance.reach import established, handshake, listener

SECTION = "3.3.1"

#: Another peer on the same link.
NEIGHBOUR = {4: "192.0.2.77", 6: "2001:db8::77"}


def second_connection(bench: Bench, differs: str, first: Connection) -> Connection:
    """A flow that has all but one of the four numbers in common with `first`."""
    return bench.connection(
        peer_port=first.peer_port + (differs == "peer_port"),
        port=first.port + (differs == "port"),
        peer_address=NEIGHBOUR[bench.ip] if differs == "peer_address" else None,
        address=bench.stack_addresses[1] if differs == "address" else None,
        iss=int(first.peer.iss),
    )


DIFFERS = {name: name for name in ("peer_port", "peer_address", "address", "port")}


@case("RFC9293:3.3.1-DEMUX", rows=DIFFERS)
def two_connections_do_not_mix(bench: Bench, differs: str) -> None:
    """Two connections alike but for one of four numbers; data goes to its own, a reset ends one."""
    sock = listener(bench)
    other_sock = listener(bench, port=LISTEN_PORT + 1) if differs == "port" else sock
    one = handshake(bench.connection())
    one.app = sock.accept()
    two = handshake(second_connection(bench, differs, one))
    two.app = other_sock.accept()
    one.send("PA", payload=b"for one")
    two.send("PA", payload=b"for two!")
    one.app.recv(16, want=b"for one")
    two.app.recv(16, want=b"for two!")
    one.send("R")
    two.app.send(b"alive")
    two.expect("A", payload=b"alive")


@case("RFC9293:3.3.1-DEMUX", "RFC9293:3.10.7.1-ACK", rows=DIFFERS)
def segment_of_another_flow_is_reset(bench: Bench, differs: str) -> None:
    """A good segment but for one of four numbers; reset as in CLOSED, the connection unharmed."""
    conn = established(bench)
    other = second_connection(bench, differs, conn)
    other.send(TCP(flags="A", seq=int(conn.peer.snd.nxt), ack=int(conn.target.snd.nxt)))
    is_reset(other, conn.target.snd.nxt, requirement="3.10.7.1-ACK")
    conn.expect_silence()
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")
