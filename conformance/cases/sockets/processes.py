"""Processes: what they share by fork, and what their end closes."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.reach import established, handshake, listener

PARENT, CHILD = 1, 2
SIGKILL = 9


def ends(bench: Bench, how: str) -> None:
    """The first process ends, by itself or by SIGKILL."""
    if how == "exit":
        bench.app.exit(3)
    else:
        bench.kill(PARENT)


@case(
    "POSIX:EXIT-CLOSES",
    "DOC-34",
    rows={"exit": "exit", "kill": "kill"},
    own_process=True,
    needs=("processes",),
    state="ESTABLISHED",
)
def end_of_a_process(bench: Bench, how: str) -> None:
    """A process with a connection and nothing unread ends; FIN, and the wait status is right."""
    conn = established(bench)
    ends(bench, how)
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.send("A")
    told = [(event.process, event.status) for event in bench.exits]
    bench.check(told, [(PARENT, 3 if how == "exit" else -SIGKILL)], "processes that ended")


@case("POSIX:EXIT-CLOSES", own_process=True, needs=("processes",), state="ESTABLISHED")
def end_of_a_process_with_unread_text(bench: Bench) -> None:
    """A process is killed with text unread; RST, as close() would send it, or FIN."""
    conn = established(bench)
    conn.send(TCP(flags="PA") / Raw(b"nobody reads this"))
    conn.expect("A", ack=conn.peer.snd.nxt, within=0.5)
    bench.kill(PARENT)
    conn.expect_one_of(
        Pattern("R", seq=conn.target.snd.nxt),
        Pattern("RA", seq=conn.target.snd.nxt),
        Pattern("FA", seq=conn.target.snd.nxt),
    )


@case("POSIX:EXIT-CLOSES", own_process=True, needs=("processes",))
def end_closes_everything(bench: Bench) -> None:
    """A process with a listener and two connections is killed; two FINs, and SYNs are reset."""
    sock = listener(bench)
    conns = [handshake(bench.connection()) for _ in range(2)]
    for conn in conns:
        conn.app = sock.accept()
    bench.kill(PARENT)
    for conn in conns:
        conn.expect("FA", seq=conn.target.snd.nxt)
        conn.send("A")
    late = bench.connection()
    late.send("S")
    late.expect("RA", seq=0, ack=late.peer.snd.nxt)


@case("DOC-34", own_process=True, needs=("processes",), state="ESTABLISHED")
def killed_while_it_waits(bench: Bench) -> None:
    """A process is killed inside recv(); FIN, and the call never returns."""
    conn = established(bench)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked()
    bench.kill(PARENT)
    conn.expect("FA", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    reading.expect_blocked()


@case(
    "DOC-36",
    "POSIX:CLOSE-DUP",
    rows={"closes": "close", "exits": "exit", "is_killed": "kill"},
    own_process=True,
    needs=("processes", "descriptors"),
    state="ESTABLISHED",
)
def child_keeps_the_connection(bench: Bench, how: str) -> None:
    """fork(), then the parent lets go; no FIN, the child serves the client, its end sends FIN."""
    conn = established(bench)
    child = bench.spawn(CHILD, fork_of=PARENT)
    shared = Socket(child, conn.app.fd)
    if how == "close":
        conn.app.close()
    else:
        ends(bench, how)
    conn.expect_silence(0.1)
    conn.send(TCP(flags="PA") / Raw(b"ping"))
    shared.recv(10, want=b"ping")
    shared.send(b"pong")
    conn.expect("A", payload=b"pong")
    conn.send("A")
    bench.kill(CHILD)
    conn.expect("FA", seq=conn.target.snd.nxt, requirement="POSIX:CLOSE-DUP")


@case(
    "POSIX:CLOSE-DUP",
    "POSIX:ACCEPT-LISTENER-LIVES",
    own_process=True,
    needs=("processes", "descriptors"),
)
def child_keeps_the_listener(bench: Bench) -> None:
    """fork() of a server, which then is killed; the child's listener takes the next client."""
    sock = listener(bench)
    child = bench.spawn(CHILD, fork_of=PARENT)
    bench.kill(PARENT)
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    conn.app = Socket(child, sock.fd).accept()
    conn.app.send(b"hello", requirement="POSIX:ACCEPT-LISTENER-LIVES")
    conn.expect("A", payload=b"hello", requirement="POSIX:ACCEPT-LISTENER-LIVES")


@case("POSIX:BIND-EADDRINUSE", own_process=True, needs=("processes",))
def port_of_another_process(bench: Bench) -> None:
    """bind() to a port that another process holds; EADDRINUSE, and free once that one has ended."""
    listener(bench)
    other = bench.spawn(CHILD).socket()
    other.bind(LISTEN_PORT, errno="EADDRINUSE")
    bench.kill(PARENT)
    other.bind(LISTEN_PORT)
