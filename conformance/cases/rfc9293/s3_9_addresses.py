"""Addresses, and what TCP asks of IP: RFC 9293, sections 3.7.2, 3.9.1.1, 3.9.2 and 3.9.2.3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import IP, TCP
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival
from tcpassay.conformance.probes import latest, serves
from tcpassay.conformance.reach import established, listener

SECTION = "3.9"

#: The link's own directed broadcast, and what is never a single host's.
BROADCASTS = {"limited": "255.255.255.255", "directed": "192.0.2.255", "multicast": "224.0.0.1"}


def source_of(arrival: Arrival) -> str:
    """The address that a segment came from."""
    return arrival.datagram.ip.src


@case(
    "RFC9293:MUST-57",
    rows=BROADCASTS,
    ip=(4,),
    state="LISTEN",
)
def syn_to_a_broadcast_is_dropped(bench: Bench, destination: str) -> None:
    """SYN to a broadcast or multicast address and a wildcard listener; silence."""
    sock = listener(bench)
    conn = bench.connection(address=destination)
    conn.send(IP(dst=destination) / TCP(flags="S"))
    conn.expect_silence(0.05)
    bench.check(len(bench.strays), 0, "segments to flows of nobody's")
    serves(sock)


@case("RFC9293:3.9.2.3-NONSYN-BCAST", rows=BROADCASTS, ip=(4,), state="CLOSED")
def segment_to_a_broadcast_is_dropped(bench: Bench, destination: str) -> None:
    """ACK, FIN and SYN to a broadcast or multicast address and a closed port; no reset."""
    conn = bench.connection(address=destination, port=4)
    for flags in ("A", "FA", "F", "S", "PA"):
        conn.send(IP(dst=destination) / TCP(flags=flags, seq=100, ack=200))
    conn.expect_silence(0.05)


@case(
    "RFC9293:MUST-63",
    rows={
        "unspecified": "0.0.0.0",  # noqa: S104 - a forged source
        "limited_broadcast": "255.255.255.255",
        "directed_broadcast": "192.0.2.255",
        "multicast": "224.0.0.9",
        "loopback": "127.0.0.1",
        "class_e": "240.0.0.1",
        "own": "192.0.2.1",
    },
    ip=(4,),
    state="LISTEN",
)
def syn_from_an_impossible_source_is_ignored(bench: Bench, source: str) -> None:
    """SYN from an address that no single peer can have; no SYN-ACK, and the listener goes on."""
    sock = listener(bench)
    conn = bench.connection(peer_address=source)
    conn.send(IP(src=source) / TCP(flags="S"))
    conn.expect_silence(0.05)
    serves(sock)


@case("RFC9293:MUST-45", "RFC9293:MUST-44", needs=("active_open",))
def active_open_keeps_its_source_address(bench: Bench) -> None:
    """connect() without bind(), then data and close; one address throughout, getsockname()'s."""
    conn = established(bench, "connect")
    local = conn.app.getsockname()
    bench.check(local, (conn.address, conn.port), "getsockname()", requirement="MUST-44")
    conn.app.send(b"data")
    bench.check(source_of(conn.expect("A", payload=b"data")), conn.address, "source of the data")
    conn.send("A")
    conn.app.close()
    bench.check(source_of(conn.expect("FA")), conn.address, "source of the FIN")


@case("RFC9293:MUST-45", state="LISTEN")
def passive_open_answers_from_the_address_asked(bench: Bench) -> None:
    """SYN to the second address of a wildcard listener; every segment comes from that address."""
    sock = listener(bench)
    conn = bench.connection(address=bench.stack_addresses[1])
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.expect("SA", seq=conn.target.iss, within=3.5)
    conn.send("A")
    sock.accept().send(b"data")
    data = conn.expect("A", payload=b"data")
    bench.check(source_of(data), bench.stack_addresses[1], "source of the data")


@case("RFC9293:MUST-43", needs=("active_open",), state="CLOSED")
def active_open_from_a_chosen_address(bench: Bench) -> None:
    """bind() to the second address, then connect(); the SYN comes from there."""
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket()
        sock.bind(0, bench.stack_addresses[1])
        sock.begin_connect(7070)
    conn = bench.expect_syn()
    bench.check(conn.address, bench.stack_addresses[1], "source of the SYN")


@case("RFC9293:3.7.2-DF", needs=("path_mtu_discovery",), ip=(4,))
def segments_may_not_be_fragmented(bench: Bench) -> None:
    """A connection; the SYN-ACK, data and ACK of a target with path MTU discovery carry DF."""
    conn = established(bench)
    flags = [latest(conn).scapy()["IP"].flags.DF]
    conn.app.send(b"data")
    flags.append(conn.expect("A", payload=b"data").scapy()["IP"].flags.DF)
    conn.send("PA", payload=b"more")
    flags.append(conn.expect("A", ack=conn.peer.snd.nxt, payload=ANY).scapy()["IP"].flags.DF)
    bench.check(flags, [1, 1, 1], "DF on SYN-ACK, data and ACK")
