"""The listener's two queues, as the documents describe them."""

from tcpassay.conformance.app import Socket, ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import (
    MANY,
    answered,
    completed,
    is_reset,
    needs_limit,
    serves,
)
from tcpassay.conformance.reach import handshake, listener, syn_received
from tcpassay.wire import FIN, RST

#: More than fit into a queue of half-open connections (128 in many stacks), by all that is usual.
FLOOD = 200


def accept_all(sock: Socket, connections: list[Connection]) -> None:
    """accept() once for each connection, which are in order."""
    for conn in connections:
        conn.app = sock.accept()


@case("DOC-11", settings=("no_syn_cookies",), state="SYN-RECEIVED")
def incomplete_then_completed(bench: Bench) -> None:
    """SYN, then ACK; accept() finds nothing after the first and the connection after the second."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.expect_state("SYN-RECEIVED")
    sock.accept(errno="EAGAIN")
    conn.send("A")
    conn.expect_state("ESTABLISHED")
    sock.accept()
    sock.accept(errno="EAGAIN")


@case(
    "DOC-12",
    rows={"backlog_0": 0, "backlog_1": 1, "backlog_5": 5, "backlog_30": 30},
    settings=("no_syn_cookies",),
    state="LISTEN",
)
def full_queue_ignores_a_syn(bench: Bench, backlog: int) -> None:
    """SYN while the completed queue is full; neither SYN-ACK nor RST, and room helps its repeat.

    One accept() makes room for one: the next SYN finds the queue full again.
    """
    needs_limit(bench, "max_connections", MANY)
    sock = listener(bench, backlog)
    opened = completed(bench)
    bench.check(0 < len(opened) < MANY, True, "queue full after some connections")
    late, later = bench.connection(), bench.connection()
    for _ in range(2):
        late.send(TCP(flags="S", seq=int(late.peer.iss)))
        late.expect_silence(0.05)
    opened[0].app = sock.accept()
    late.send(TCP(flags="S", seq=int(late.peer.iss)))
    late.expect("SA", ack=late.peer.iss + 1)
    late.send("A", seq=int(late.peer.iss + 1))
    late.peer.snd.nxt = late.peer.iss + 1
    bench.check(answered(later), False, "SYN answered while the queue is full again")
    accept_all(sock, [*opened[1:], late])
    late.send("PA", payload=b"late")
    late.app.recv(8, want=b"late")


@case("DOC-12", settings=("no_syn_cookies",), state="LISTEN")
def full_queue_of_one_listener_is_its_own(bench: Bench) -> None:
    """One listener's queue is full; another port still answers and accepts."""
    needs_limit(bench, "max_connections", MANY)
    listener(bench, backlog=1)
    other = listener(bench, port=8081)
    completed(bench)
    conn = bench.connection(port=8081)
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    other.accept()


#: An ACK that was not taken is as good as lost.
COMPLETES = "RFC9293:3.10.7.4-ACK-LOST-DATA-COMPLETES"


@case(
    "LINUX:LISTEN-BACKLOG-RECOVER",
    "DOC-12",
    COMPLETES,
    rows={"ack_again": b"", "data": b"knock"},
    settings=("no_syn_cookies",),
    state="SYN-RECEIVED",
)
def ack_into_a_full_queue_recovers(bench: Bench, data: bytes) -> None:
    """The third segment finds the queue full; after accept() a repeat or data gets in."""
    needs_limit(bench, "max_connections", MANY)
    sock = listener(bench, backlog=1)
    spare = syn_received(bench.connection())
    opened = completed(bench)
    spare.send("A")
    spare.expect_silence(requirement="DOC-12")
    accept_all(sock, opened)
    if data:
        spare.send("PA", payload=data)
    else:
        spare.expect("SA", seq=spare.target.iss, within=2.5)
        spare.send("A")
    accepted = sock.accept(requirement=COMPLETES)
    spare.send("PA", payload=b"!")
    accepted.recv(16, want=data + b"!", requirement=COMPLETES)


@case("DOC-13", settings=("no_syn_cookies",), state="SYN-RECEIVED")
def third_segment_frees_the_slot(bench: Bench) -> None:
    """Many handshakes one after another, each accepted; no slot stays taken."""
    sock = listener(bench, backlog=1)
    for _ in range(50):
        conn = serves(sock)
        conn.send("R")
        conn.app.close()


@case("DOC-13", settings=("no_syn_cookies", "fast_synack_giveup"), real_s=6, state="SYN-RECEIVED")
def incomplete_entry_times_out(bench: Bench) -> None:
    """SYN and then silence; SYN-ACKs with back-off, the entry goes, a late ACK draws RST.

    A new SYN from the same port then starts afresh.
    """
    listener(bench)
    conn = syn_received(bench.connection())
    conn.expect("SA", seq=conn.target.iss, within=3.5)
    bench.wait(400 if bench.virtual else 3.0)
    conn.drop_arrivals()
    conn.send("A")
    is_reset(conn, conn.target.iss + 1)
    fresh = bench.connection(peer_port=conn.peer_port, iss=4711)
    fresh.send("S")
    fresh.expect("SA", ack=4712)


@case("DOC-14", "POSIX:ACCEPT-ORDER", rows={"opened": (0, 1, 2), "crosswise": (2, 0, 1)})
def accepted_in_order_of_completion(bench: Bench, order: tuple[int, ...]) -> None:
    """Three half-open connections, completed in some order; accept() gives them in that order."""
    sock = listener(bench)
    half_open = [syn_received(bench.connection()) for _ in range(3)]
    for index in order:
        half_open[index].send("A")
    for index in order:
        conn = half_open[index]
        accepted = sock.accept()
        bench.check(accepted.getpeername()[1], conn.peer_port, "port of the peer accepted")
        conn.send("PA", payload=b"mine")
        accepted.recv(8, want=b"mine", requirement="POSIX:ACCEPT-ORDER")


@case(
    "DOC-15",
    "POSIX:LISTEN-BACKLOG-HINT",
    rows={"backlog_0": 0, "backlog_1": 1, "backlog_2": 2, "backlog_8": 8},
    settings=("no_syn_cookies",),
)
def connections_admitted(bench: Bench, backlog: int) -> None:
    """Handshakes with nobody in accept(), until a SYN is ignored; at least the backlog got in."""
    needs_limit(bench, "max_connections", MANY)
    sock = listener(bench, backlog)
    opened = completed(bench)
    bench.check(
        backlog <= len(opened) < MANY,
        True,
        "admitted at least the backlog, and not without bound",
        requirement="POSIX:LISTEN-BACKLOG-HINT",
    )
    accept_all(sock, opened)
    serves(sock, requirement="POSIX:LISTEN-BACKLOG-HINT")


@case("DOC-15", settings=("no_syn_cookies",), state="SYN-RECEIVED")
def backlog_does_not_bound_the_incomplete(bench: Bench) -> None:
    """Ten SYNs to a listener of backlog 2; all are answered, the bound is the completed queue's."""
    listener(bench, backlog=2)
    answers = [answered(bench.connection()) for _ in range(10)]
    bench.check(sum(answers), 10, "half-open connections")


@case("DOC-16", "RFC4987:FLOOD", state="ESTABLISHED")
def flood_of_syns_leaves_the_established_alone(bench: Bench) -> None:
    """Two hundred SYNs that nobody completes; an open connection loses nothing meanwhile."""
    sock = listener(bench, backlog=4)
    conn = serves(sock)
    for port in range(41000, 41200):
        bench.connection(peer_port=port).send("S")
    conn.send("PA", payload=b"still here")
    conn.app.recv(16, want=b"still here")
    conn.app.send(b"me too")
    conn.expect("A", seq=conn.target.snd.nxt, payload=b"me too")


@case("DOC-16", settings=("no_syn_cookies",), state="SYN-RECEIVED", measures=True)
def flood_of_syns_lets_handshakes_end(bench: Bench) -> None:
    """A handshake is under way, then two hundred SYNs that nobody completes; it ends all the same.

    So does one that comes to the completed queue before. Whether a new client gets in meanwhile is
    recorded: the bound on the completed queue alone does not help it.
    """
    needs_limit(bench, "max_connections", FLOOD)
    sock = listener(bench, backlog=64)
    waiting = handshake(bench.connection())
    begun = syn_received(bench.connection())
    for port in range(41000, 41000 + FLOOD):
        bench.connection(peer_port=port).send("S")
    late = bench.connection()
    late.send("S")
    answers = [arrival.segment for arrival in late.drop_arrivals()]
    bench.check(any(segment.has(RST) for segment in answers), False, "RST to a new client")
    bench.measure("SYN of a new client", "answered" if answers else "ignored")
    begun.send("A")
    accept_all(sock, [waiting, begun])
    for conn in (waiting, begun):
        conn.send("PA", payload=b"through")
        conn.app.recv(16, want=b"through")


@case("DOC-17", state="LISTEN")
def accept_sleeps_until_the_third_segment(bench: Bench) -> None:
    """accept() first, then the handshake; it blocks through SYN-ACK and returns with the ACK."""
    sock = listener(bench)
    waiting = sock.begin_accept()
    waiting.expect_blocked()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    waiting.expect_blocked()
    conn.send("A")
    accepted = sock.accepted(waiting)
    accepted.send(b"welcome")
    conn.expect("A", payload=b"welcome")


@case("DOC-17", "DOC-14", state="LISTEN")
def one_accept_wakes_for_each(bench: Bench) -> None:
    """Two accept() calls sleep, one handshake ends; one returns, the other waits for the next."""
    sock = listener(bench)
    calls = [sock.begin_accept(), sock.begin_accept()]
    handshake(bench.connection())
    bench.wait_until(lambda: any(call.returned for call in calls), 1)
    bench.check(sum(call.returned is not None for call in calls), 1, "calls returned")
    handshake(bench.connection())
    for call in calls:
        sock.accepted(call)


@case("DOC-30", needs=("nonblocking", "poll"), settings=("no_syn_cookies",))
def connection_reset_in_the_queue_is_removed(bench: Bench) -> None:
    """Completed, told by poll(), reset before accept(); a non-blocking accept() finds nothing."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = handshake(bench.connection())
    told = bench.app.poll((sock, ("POLLIN",)), timeout_ms=100).expect_return(1)
    bench.check("POLLIN" in ready(told, sock), True, "listener readable")
    conn.send("R")
    sock.accept(errno="EAGAIN")


@case("DOC-30", "DOC-14", settings=("no_syn_cookies",))
def reset_in_the_queue_lets_the_next_through(bench: Bench) -> None:
    """Two completed connections, the first reset; accept() in the end gives the second, alive."""
    sock = listener(bench)
    first, second = handshake(bench.connection()), handshake(bench.connection())
    first.send("R")
    accepted = sock.accept()
    bench.check(accepted.getpeername()[1], second.peer_port, "port of the peer accepted")
    second.send("PA", payload=b"alive")
    accepted.recv(8, want=b"alive", requirement="DOC-14")


@case("POSIX:ACCEPT-QUEUED-DATA", rows={"data": "PA", "data_and_fin": "FPA"})
def data_waits_in_the_queue(bench: Bench, flags: str) -> None:
    """Data, and FIN, before anybody accepts; acknowledged, and read in full after accept()."""
    sock = listener(bench)
    conn = handshake(bench.connection())
    conn.send(TCP(flags=flags) / Raw(b"before accept"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    accepted = sock.accept()
    accepted.recv(64, want=b"before accept")
    if "F" in flags:
        accepted.recv(1, want=b"")


@case("DOC-18", "POSIX:ACCEPT-LISTENER-LIVES", state="LISTEN")
def listener_and_accepted_live_apart(bench: Bench) -> None:
    """A second client is served; closing the first's socket, then the listener, harms no other."""
    sock = listener(bench)
    first = serves(sock)
    second = serves(sock)
    first.app.close()
    third = serves(sock)
    sock.close()
    for conn in (second, third):
        ended = any(arrival.segment.flags & (FIN | RST) for arrival in conn.drop_arrivals())
        bench.check(ended, False, "FIN or RST sent", requirement="POSIX:ACCEPT-LISTENER-LIVES")
        conn.send("PA", payload=b"after")
        conn.app.recv(8, want=b"after", requirement="POSIX:ACCEPT-LISTENER-LIVES")


@case("LINUX:LISTENER-CLOSE-QUEUED", "DOC-28", settings=("no_syn_cookies",))
def closed_listener_resets_the_completed(bench: Bench) -> None:
    """close() of a listener with completed and half-open connections; RST to the completed ones.

    Afterwards both draw a reset to whatever they send.
    """
    sock = listener(bench)
    queued = handshake(bench.connection())
    half_open = syn_received(bench.connection())
    sock.close()
    queued.expect_one_of(
        Pattern("R", seq=queued.target.snd.nxt),
        Pattern("RA", seq=queued.target.snd.nxt, ack=queued.peer.snd.nxt),
    )
    queued.send("PA", payload=b"anybody?")
    is_reset(queued, int(queued.target.snd.nxt), requirement="DOC-28")
    half_open.drop_arrivals()
    half_open.send("A")
    is_reset(half_open, half_open.target.iss + 1, requirement="DOC-28")
