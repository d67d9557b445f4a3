"""A listener whose queues are full: the last segment of handshakes, resets, close(), and room.

Which SYNs are answered, and how many connections are let in, is judged in `documents/queues`.
"""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.probes import MANY, answered, completed, is_reset, serves
from tcpassay.conformance.reach import handshake, listener, syn_received

PINNED = ("no_syn_cookies",)
#: Where half-open connections count as well, a full queue has no last ACK to drop.
APART = ("completed_queue",)
#: More than any queue of half-open connections holds here.
ENOUGH = 300


def full(bench: Bench, backlog: int = 1) -> tuple[Socket, list[Connection], Connection]:
    """A listener, the connections that fill its completed queue, and a half-open one besides."""
    with bench.reaching("a full queue"):
        sock = listener(bench, backlog)
        spare = syn_received(bench.connection())
        opened = completed(bench)
        bench.check(0 < len(opened) < MANY, True, "queue full after some connections")
    return sock, opened, spare


def accept_all(sock: Socket, connections: list[Connection]) -> None:
    """accept() once for each connection, which are in order."""
    for conn in connections:
        conn.app = sock.accept()


LAST = {
    "ack": ("A", b""),
    "data": ("PA", b"knock"),
    "fin": ("FA", b""),
    "data_and_fin": ("FPA", b"knock"),
}


@case(
    "DOC-12",
    "RFC9293:3.10.7.4-ACK-SYNRCVD-OK",
    "RFC9293:3.10.7.4-FIN-SYNRCVD",
    rows=LAST,
    needs=APART,
    settings=PINNED,
    state="SYN-RECEIVED",
)
def last_segment_finds_no_room(bench: Bench, row: tuple[str, bytes]) -> None:
    """The third segment, with data or FIN perhaps, comes to a full queue; silence, until accept().

    Nothing of it is acknowledged, so that the client sends it again, and then gets in with it.
    """
    flags, data = row
    sock, opened, spare = full(bench)
    third = spare.send(flags, payload=data)
    spare.expect_silence(0.3)
    accept_all(sock, opened)
    spare.send(third)
    opens = "RFC9293:3.10.7.4-ACK-SYNRCVD-OK"
    accepted = sock.accept(requirement=opens)
    if data:
        accepted.recv(16, want=data, requirement=opens)
    if "F" in flags:
        end = "RFC9293:3.10.7.4-FIN-SYNRCVD"
        spare.expect("A", seq=spare.target.iss + 1, ack=spare.peer.snd.nxt, requirement=end)
        accepted.recv(16, want=b"", requirement=end)
        spare.expect_state("CLOSE-WAIT", requirement=end)


@case("RFC9293:3.10.7.4-SEQ-SYNRCVD-DUPSYN", needs=APART, settings=PINNED, state="SYN-RECEIVED")
def half_open_client_repeats_its_syn(bench: Bench) -> None:
    """A half-open client's SYN comes again while the completed queue is full; answered as before.

    It has its place already: the full queue ignores new clients only.
    """
    sock, opened, spare = full(bench)
    spare.send(TCP(flags="S", seq=int(spare.peer.iss)))
    spare.expect_one_of(
        Pattern("SA", seq=spare.target.iss, ack=spare.peer.iss + 1),
        Pattern("A", seq=spare.target.iss + 1, ack=spare.peer.iss + 1),
        within=0.5,
    )
    accept_all(sock, opened)
    spare.send("A")
    sock.accept()


@case(
    "RFC9293:3.10.7.2-SYNACK-RETRANS",
    "RFC9293:3.5.1-HALFOPEN-DATA",
    "DOC-12",
    needs=APART,
    settings=(*PINNED, "fast_synack_giveup"),
    real_s=6,
    state="SYN-RECEIVED",
)
def client_that_never_gets_in(bench: Bench) -> None:
    """The full queue drops a client's last ACK, then its text; SYN-ACKs, and at the end RST.

    What the client sees: its connection seems open, nothing that it sends is acknowledged.
    """
    _, _, spare = full(bench)
    spare.send("A")
    spare.send("PA", payload=b"anybody?")
    spare.expect_silence(requirement="DOC-12")
    again = spare.expect("SA", seq=spare.target.iss, ack=spare.peer.iss + 1, within=1.5)
    spare.send(TCP(flags="PA", seq=int(spare.peer.iss + 1)) / Raw(b"anybody?"))
    late = bench.wait_until(lambda: spare.state() == "CLOSED", 400 if bench.virtual else 4.0)
    bench.check(late, True, "given up")
    answers = [a.segment.flags for a in spare.drop_arrivals()]
    bench.check(set(answers) <= {again.segment.flags}, True, "nothing but SYN-ACKs meanwhile")
    sent = spare.send(TCP(flags="PA", seq=int(spare.peer.iss + 1)) / Raw(b"anybody?"))
    is_reset(spare, sent.ack, requirement="3.5.1-HALFOPEN-DATA")


@case(
    "LINUX:LISTENER-CLOSE-QUEUED",
    "DOC-28",
    "RFC9293:3.10.7.1-SYN",
    rows={"backlog_1": 1, "backlog_5": 5},
    needs=APART,
    settings=PINNED,
)
def listener_closed_while_full(bench: Bench, backlog: int) -> None:
    """close() of a listener whose queue is full; RST to each client in it, and to all that comes.

    One has sent its last ACK in vain, another's SYN was ignored: they are told when they try again.
    """
    sock, opened, spare = full(bench, backlog)
    late = bench.connection()
    with bench.reaching("a client that waits outside"):
        spare.send("A")
        bench.check(answered(late), False, "SYN answered while the queue is full")
    sock.close()
    for conn in opened:
        conn.expect_one_of(
            Pattern("R", seq=conn.target.snd.nxt),
            Pattern("RA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt),
        )
    spare.drop_arrivals()
    sent = spare.send("PA", payload=b"anybody?")
    is_reset(spare, sent.ack, requirement="DOC-28")
    late.send(TCP(flags="S", seq=int(late.peer.iss)))
    late.expect("RA", seq=0, ack=late.peer.iss + 1, requirement="RFC9293:3.10.7.1-SYN")


@case("DOC-30", rows={"reset": "R", "reset_with_ack": "RA"}, settings=PINNED)
def reset_in_a_full_queue_makes_room(bench: Bench, flags: str) -> None:
    """One of the clients in a full queue resets its connection; another gets in in its place."""
    sock, opened, _ = full(bench, backlog=2)
    late = bench.connection()
    with bench.reaching("a client that waits outside"):
        bench.check(answered(late), False, "SYN answered while the queue is full")
    opened[0].send(flags)
    late.send(TCP(flags="S", seq=int(late.peer.iss)))
    late.expect("SA", ack=late.peer.iss + 1)
    late.send("A")
    accept_all(sock, [*opened[1:], late])
    late.send("PA", payload=b"late")
    late.app.recv(8, want=b"late")


@case("DOC-30", rows={"data": False, "data_and_fin": True}, settings=PINNED, measures=True)
def reset_behind_text_in_the_queue(bench: Bench, fin: bool) -> None:
    """Text, FIN perhaps, then RST, all before accept(); what accept() and recv() say is recorded.

    The next client is served whatever became of the first.
    """
    sock = listener(bench)
    sock.set_nonblocking()
    conn = handshake(bench.connection())
    conn.send("FPA" if fin else "PA", payload=b"and gone")
    conn.send("R")
    accepting = sock.begin_accept()
    made = accepting.returned
    bench.measure("accept()", (made and made.errno) or "success")
    if made is not None and made.errno is None:
        reading = sock.accepted(accepting).begin_recv(16)
        got = reading.returned
        bench.measure("recv()", (got and (got.errno or f"{got.value} octets")) or "no return")
    conn.drop_arrivals()
    fresh = handshake(bench.connection())
    fresh.app = sock.accept()
    fresh.send("PA", payload=b"next")
    fresh.app.recv(8, want=b"next")


@case(
    "DOC-13",
    "RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE",
    rows={"completed": "A", "reset": "R", "reset_with_ack": "RA"},
    settings=PINNED,
    state="SYN-RECEIVED",
)
def half_open_client_makes_room(bench: Bench, flags: str) -> None:
    """So many half-open clients that a SYN is ignored; one completes or resets, one more gets in.

    What leaves the incomplete queue, by whichever door, leaves a place in it.
    """
    requirement = "DOC-13" if flags == "A" else "RFC9293:3.10.7.4-RST-SYNRCVD-PASSIVE"
    with bench.reaching("a full queue of half-open connections"):
        sock = listener(bench, 4)
        opened = []
        while len(opened) < ENOUGH and answered(conn := bench.connection()):
            opened.append(conn)
        bench.check(0 < len(opened) < ENOUGH, True, "SYN ignored after some")
    opened[0].send(flags)
    bench.check(answered(bench.connection()), True, "SYN answered", requirement=requirement)
    bench.check(answered(bench.connection()), False, "and one more", requirement=requirement)
    if flags == "A":
        opened[0].app = sock.accept()
        opened[0].send("PA", payload=b"through")
        opened[0].app.recv(8, want=b"through")


@case("DOC-12", needs=APART, settings=PINNED, state="SYN-RECEIVED")
def room_for_some(bench: Bench) -> None:
    """Three clients have sent their last ACK in vain, two find room; the third goes on waiting."""
    with bench.reaching("clients whose last ACK was dropped"):
        sock = listener(bench, 5)
        sock.set_nonblocking()
        spare = [syn_received(bench.connection()) for _ in range(3)]
        opened = completed(bench)
        bench.check(2 < len(opened) < MANY, True, "queue full after some connections")
        for conn in spare:
            conn.send("A")
    for conn in opened[:2]:
        conn.app = sock.accept()
    for conn in spare:
        conn.send("A")
    accept_all(sock, [*opened[2:], *spare[:2]])
    sock.accept(errno="EAGAIN")
    spare[2].send("A")
    spare[2].app = sock.accept()
    for conn in spare:
        conn.send("PA", payload=b"through")
        conn.app.recv(8, want=b"through")
    serves(sock)
