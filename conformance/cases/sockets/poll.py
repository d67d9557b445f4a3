"""poll(): which descriptors are ready, and for what."""

from tcpassay.conformance.app import Socket, ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import (
    established,
    listener,
    peer_acks,
    peer_closes,
    syn_received,
)

ALL_EVENTS = ("POLLIN", "POLLOUT", "POLLPRI", "POLLRDHUP")
NO_SUCH_DESCRIPTOR = 99


def events_of(bench: Bench, sock: Socket, *events: str) -> tuple[str, ...]:
    """What poll() tells of a socket now."""
    return ready(bench.app.poll((sock, events or ALL_EVENTS)).expect_return(), sock)


@case("POSIX:POLL-LISTENER", needs=("poll",))
def listener_with_a_connection(bench: Bench) -> None:
    """A listener with nobody there, half open, complete, accepted; POLLIN while one is complete."""
    sock = listener(bench)
    bench.check(events_of(bench, sock, "POLLIN"), (), "events of an idle listener")
    conn = syn_received(bench.connection())
    bench.check(events_of(bench, sock, "POLLIN"), (), "events when a handshake is under way")
    conn.send(TCP(flags="A"))
    bench.check(events_of(bench, sock, "POLLIN"), ("POLLIN",), "events when it is over")
    sock.accept()
    bench.check(events_of(bench, sock, "POLLIN"), (), "events after accept()")


@case("POSIX:POLL-LISTENER", needs=("poll",))
def listener_wakes_a_waiting_poll(bench: Bench) -> None:
    """poll() waits for a listener; the third segment wakes it, not the SYN."""
    sock = listener(bench)
    waiting = bench.app.poll((sock, ("POLLIN",)), timeout_ms=-1)
    conn = syn_received(bench.connection())
    waiting.expect_blocked()
    conn.send(TCP(flags="A"))
    bench.check(ready(waiting.expect_return(1), sock), ("POLLIN",), "events")


@case("DOC-49", needs=("poll",), state="ESTABLISHED")
def text_makes_readable(bench: Bench) -> None:
    """Text comes, a part is read, the rest is read; POLLIN until nothing is left."""
    conn = established(bench)
    bench.check(events_of(bench, conn.app, "POLLIN"), (), "events of an idle connection")
    conn.send(TCP(flags="PA") / Raw(b"two words"))
    bench.check(events_of(bench, conn.app, "POLLIN"), ("POLLIN",), "events with text")
    conn.app.recv(4, want=b"two ")
    bench.check(events_of(bench, conn.app, "POLLIN"), ("POLLIN",), "events with text left")
    conn.app.recv(100, want=b"words")
    bench.check(events_of(bench, conn.app, "POLLIN"), (), "events when all is read")


@case("DOC-49", needs=("poll",), state="ESTABLISHED")
def text_out_of_order_does_not_make_readable(bench: Bench) -> None:
    """Text behind a hole wakes nobody; the missing octets do."""
    conn = established(bench)
    first = conn.peer.snd.nxt
    waiting = bench.app.poll((conn.app, ("POLLIN",)), timeout_ms=-1)
    conn.send(TCP(flags="PA", seq=first + 4) / Raw(b"tail"))
    waiting.expect_blocked()
    conn.send(TCP(flags="PA", seq=first) / Raw(b"head"))
    bench.check(ready(waiting.expect_return(1), conn.app), ("POLLIN",), "events")
    conn.app.recv(100, want=b"headtail")


@case("DOC-49", needs=("poll",), state="ESTABLISHED")
def room_makes_writable(bench: Bench) -> None:
    """An idle connection; POLLOUT. Which sockets are ready is told of each by itself."""
    conn = established(bench)
    other = bench.app.socket()
    other.bind(9090)
    other.listen()
    told = bench.app.poll((conn.app, ("POLLOUT",)), (other, ("POLLIN",))).expect_return(1)
    bench.check(ready(told, conn.app), ("POLLOUT",), "events of the connection")
    bench.check(ready(told, other), (), "events of the listener")


@case(
    "POSIX:POLL-HUP",
    rows={
        "fin": ("FA",),
        "reset": ("R",),
        "both_fins": ("FA", "close"),
        "fin_and_reset": ("FA", "R"),
    },
    needs=("poll",),
    measures=True,
)
def events_at_the_end(bench: Bench, steps: tuple[str, ...]) -> None:
    """FIN, RST, both FINs, RST after FIN; readable each time, the other events are recorded."""
    conn = established(bench)
    for step in steps:
        if step == "close":
            conn.app.shutdown("SHUT_WR")
            conn.expect("FA", seq=conn.target.snd.nxt)
            peer_acks(conn)
        elif step == "FA":
            peer_closes(conn)
        else:
            conn.send(TCP(flags=step))
    events = events_of(bench, conn.app)
    bench.check("POLLIN" in events, True, "POLLIN")
    bench.measure("events", " ".join(sorted(events)))


@case("DOC-49", needs=("poll",), state="ESTABLISHED")
def time_limit(bench: Bench) -> None:
    """poll() for 200 ms and nothing comes; it returns 0, no sooner."""
    conn = established(bench)
    started = bench.now_ns
    waiting = bench.app.poll((conn.app, ("POLLIN",)), timeout_ms=200)
    returned = waiting.expect_return(0, within=0.7)
    waited = (returned.t_ns - started) / 1e9
    bench.check(waited >= 0.2 - bench.tolerance_s, True, "poll() waits for 0.2 s")


@case("POSIX:EBADF-ENOTSOCK", needs=("poll", "descriptors"))
def descriptor_that_is_not_open(bench: Bench) -> None:
    """poll() of a good descriptor and of one that is not open; POLLNVAL for that one only."""
    sock = listener(bench)
    nobody = Socket(bench.app, NO_SUCH_DESCRIPTOR)
    told = bench.app.poll((sock, ("POLLIN",)), (nobody, ("POLLIN",))).expect_return(1)
    bench.check(ready(told, nobody), ("POLLNVAL",), "events of what is not open")
    bench.check(ready(told, sock), (), "events of the listener")
