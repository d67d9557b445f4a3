"""Urgent data through the socket interface: MSG_OOB, SO_OOBINLINE, the mark, SIGURG."""

from functools import partial

from tcpassay.conformance.app import ready
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import established


def urgent(conn: Connection, text: bytes) -> None:
    """Send text whose last octet is urgent."""
    conn.send(TCP(flags="PAU", urgptr=len(text)) / Raw(text))


def signalled(bench: Bench, times: int) -> bool:
    """Whether so many signals have come."""
    return len(bench.signals) >= times


def waiting(conn: Connection) -> object:
    """What FIONREAD tells."""
    return conn.app.call("ioctl", ("name", "FIONREAD")).get("value")


@case("POSIX:OOB-READ", needs=("urgent",), state="ESTABLISHED")
def octet_apart_from_the_stream(bench: Bench) -> None:
    """Three octets, the last urgent; MSG_OOB gives it, looked at or taken, recv() the other two."""
    conn = established(bench)
    urgent(conn, b"abX")
    conn.app.recv(9, "MSG_OOB", "MSG_PEEK", want=b"X")
    conn.app.recv(9, "MSG_OOB", want=b"X")
    bench.check(waiting(conn), 2, "FIONREAD")
    conn.app.recv(9, want=b"ab")
    conn.app.recv(9, "MSG_DONTWAIT", errno="EAGAIN")


@case("POSIX:OOB-READ", needs=("urgent",), state="ESTABLISHED")
def message_flags_name_it(bench: Bench) -> None:
    """recvmsg(MSG_OOB); the urgent octet, with MSG_OOB among the flags of the message."""
    conn = established(bench)
    urgent(conn, b"abX")
    got = conn.app.call("recvmsg", ("length", 9), ("flags", ("MSG_OOB",)))
    bench.check((got.get("octets"), got.get("flags")), (b"X", ("MSG_OOB",)), "octet and flags")


@case("POSIX:OOB-READ", needs=("urgent",), state="ESTABLISHED")
def octet_alone_is_not_readable(bench: Bench) -> None:
    """One urgent octet and nothing else; POLLPRI without POLLIN, and recv() has nothing to give."""
    conn = established(bench)
    urgent(conn, b"X")
    events = ("POLLIN", "POLLPRI")
    told = ready(bench.app.poll((conn.app, events)).expect_return(), conn.app)
    bench.check(told, ("POLLPRI",), "events")
    conn.app.recv(9, "MSG_DONTWAIT", errno="EAGAIN")


@case(
    "POSIX:RECV-OOB-EINVAL",
    rows={"none": "none", "taken": "taken", "inline": "inline", "passed": "passed"},
    needs=("urgent",),
    state="ESTABLISHED",
)
def nothing_urgent(bench: Bench, why: str) -> None:
    """MSG_OOB where no urgent octet came, or it was taken, left in line, read past; EINVAL."""
    conn = established(bench)
    if why == "inline":
        conn.app.set_option("SOL_SOCKET", "SO_OOBINLINE", 1)
    if why != "none":
        urgent(conn, b"X")
        conn.send(TCP(flags="PA") / Raw(b"more"))
    if why == "taken":
        conn.app.recv(1, "MSG_OOB", want=b"X")
    if why == "passed":
        conn.app.recv(9, want=b"more")
    conn.app.recv(1, "MSG_OOB", errno="EINVAL")


@case("POSIX:OOB-READ", needs=("urgent",), state="ESTABLISHED")
def pointer_at_the_fin(bench: Bench) -> None:
    """A FIN, and the pointer means its number, which is no octet; MSG_OOB gives none."""
    conn = established(bench)
    conn.send(TCP(flags="FAU", urgptr=1))
    conn.send("A")
    reading = conn.app.begin_recv(9, "MSG_OOB")
    bench.wait_until(lambda: reading.returned is not None, 1.0)
    told = reading.returned
    bench.check(told is not None and told.value <= 0, True, "no octet out of band")
    conn.app.recv(9, want=b"")


@case("POSIX:RECV-EAGAIN", needs=("urgent",), state="ESTABLISHED")
def octet_still_to_come(bench: Bench) -> None:
    """MSG_OOB on a blocking socket when only the pointer has come; EAGAIN, it never waits."""
    conn = established(bench)
    conn.send(TCP(flags="AU", urgptr=1, seq=conn.peer.snd.nxt))
    conn.app.recv(1, "MSG_OOB", errno="EAGAIN")
    conn.send(TCP(flags="PA") / Raw(b"X"))
    conn.app.recv(1, "MSG_OOB", want=b"X")


@case(
    "RFC9293:MUST-33",
    rows={"usual": (), "peek": ("MSG_PEEK",), "all": ("MSG_WAITALL",)},
    needs=("urgent",),
    state="ESTABLISHED",
)
def reading_stops_at_the_mark(bench: Bench, flags: tuple[str, ...]) -> None:
    """Text on both sides of the mark; one recv() gives what is in front of it, however it asks."""
    conn = established(bench)
    urgent(conn, b"abcX")
    conn.send(TCP(flags="PA") / Raw(b"def"))
    conn.app.recv(6, *flags, want=b"abc")
    if "MSG_PEEK" not in flags:
        at_mark = conn.app.call("ioctl", ("name", "SIOCATMARK")).get("value")
        bench.check(at_mark, 1, "sockatmark()")
        conn.app.recv(6, want=b"def")


@case("LINUX:OOB-REPLACED", needs=("urgent",), state="ESTABLISHED")
def newer_octet_replaces_the_older(bench: Bench) -> None:
    """Two urgent octets before any read; MSG_OOB gives the newer, the stream has the older."""
    conn = established(bench)
    urgent(conn, b"aX")
    urgent(conn, b"bY")
    conn.app.recv(1, "MSG_OOB", want=b"Y")
    conn.app.recv(9, want=b"aXb")


@case("POSIX:OOB-READ", needs=("urgent",), state="ESTABLISHED")
def octet_that_was_taken_stays_away(bench: Bench) -> None:
    """An urgent octet, taken, then a newer one; the stream has the text and neither of them."""
    conn = established(bench)
    for text in (b"aX", b"bY"):
        urgent(conn, text)
        conn.app.recv(1, "MSG_OOB", want=text[-1:])
    conn.app.recv(9, want=b"ab")


@case("RFC6093:6-OOBINLINE", needs=("urgent",), state="ESTABLISHED")
def in_line(bench: Bench) -> None:
    """SO_OOBINLINE reads back once set; the octet stays in the stream, right behind the mark."""
    conn = established(bench)
    conn.app.set_option("SOL_SOCKET", "SO_OOBINLINE", 1)
    bench.check(conn.app.get_option("SOL_SOCKET", "SO_OOBINLINE"), 1, "SO_OOBINLINE")
    urgent(conn, b"abX")
    conn.send(TCP(flags="PA") / Raw(b"cd"))
    conn.app.recv(9, want=b"ab")
    conn.app.recv(9, want=b"Xcd")


@case("RFC9293:MUST-30", needs=("urgent", "poll"), state="ESTABLISHED")
def select_tells_of_it(bench: Bench) -> None:
    """select() waits for an exceptional condition; an urgent octet is one."""
    conn = established(bench)
    waiting = bench.app.select(except_=(conn.app,), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send(TCP(flags="PA") / Raw(b"usual"))
    waiting.expect_blocked()
    urgent(conn, b"X")
    found = waiting.expect_return(1).out
    bench.check(found, (("fds", ()), ("fds", ()), ("fds", (conn.app.fd,))), "the three sets")


@case("POSIX:SIGURG", own_process=True, needs=("urgent", "processes"), state="ESTABLISHED")
def owner_gets_a_signal(bench: Bench) -> None:
    """F_SETOWN, then a pointer ahead of the text and one farther ahead; SIGURG once for each."""
    conn = established(bench)
    conn.app.call("fcntl", ("name", "F_SETOWN"), ("value", bench.app.process))
    for times, pointer in enumerate((1, 3), 1):
        conn.send(TCP(flags="AU", urgptr=pointer, seq=conn.peer.snd.nxt))
        bench.wait_until(partial(signalled, bench, times), 0.5)
        told = [(event.process, event.signal) for event in bench.signals]
        bench.check(told, [(bench.app.process, "SIGURG")] * times, "signals")
    conn.send(TCP(flags="AU", urgptr=3, seq=conn.peer.snd.nxt))
    bench.wait(0.1)
    bench.check(len(bench.signals), 2, "signals after the same pointer again")


@case("POSIX:SOCKATMARK", needs=("urgent",), state="ESTABLISHED")
def mark_in_the_middle(bench: Bench) -> None:
    """A mark behind two octets; sockatmark() is true once just those have been read."""
    conn = established(bench)
    conn.send(TCP(flags="PAU", urgptr=3) / Raw(b"abXcd"))
    for wanted in (0, 0, 1):
        at_mark = conn.app.call("ioctl", ("name", "SIOCATMARK")).get("value")
        bench.check(at_mark, wanted, "sockatmark()")
        conn.app.recv(1, want=ANY)
    at_mark = conn.app.call("ioctl", ("name", "SIOCATMARK")).get("value")
    bench.check(at_mark, 0, "sockatmark() behind the mark")
