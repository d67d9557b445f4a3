"""Descriptors: what they refer to, which number is next, and when there is none."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.reach import established, handshake, listener
from tcpassay.core.events import Tagged

STANDARD_INPUT = 0
LIMIT = 6

#: accept() is judged by entries of its own, in accept.py.
CALLS: dict[str, tuple[Tagged, ...]] = {
    "bind": (("address", ("192.0.2.1", LISTEN_PORT)),),
    "listen": (("length", 5),),
    "connect": (("address", ("192.0.2.2", LISTEN_PORT)),),
    "send": (("octets", b"x"), ("flags", ("MSG_NOSIGNAL",))),
    "recv": (("length", 10), ("flags", ())),
    "shutdown": (("name", "SHUT_WR"),),
    "getsockname": (),
    "getpeername": (),
    "getsockopt": (("name", "SOL_SOCKET"), ("name", "SO_ERROR")),
    "setsockopt": (("name", "SOL_SOCKET"), ("name", "SO_REUSEADDR"), ("value", 1)),
}


@case("POSIX:EBADF-ENOTSOCK", rows={name: name for name in CALLS}, needs=("descriptors",))
def not_open(bench: Bench, name: str) -> None:
    """Each call on a descriptor that was closed, and on -1; EBADF."""
    sock = bench.app.socket()
    sock.close()
    sock.call(name, *CALLS[name], errno="EBADF")
    Socket(bench.app, -1).call(name, *CALLS[name], errno="EBADF")


@case(
    "POSIX:EBADF-ENOTSOCK",
    rows={name: name for name in CALLS},
    needs=("descriptors", "processes"),
    own_process=True,
)
def no_socket(bench: Bench, name: str) -> None:
    """Each call on a descriptor that is open and no socket; ENOTSOCK."""
    Socket(bench.app, STANDARD_INPUT).call(name, *CALLS[name], errno="ENOTSOCK")


@case("POSIX:RECV-EAGAIN", needs=("descriptors", "nonblocking"))
def nonblocking_is_shared(bench: Bench) -> None:
    """O_NONBLOCK set through a duplicate; recv() on the first descriptor does not block either."""
    conn = established(bench)
    conn.app.dup().set_nonblocking()
    conn.app.recv(10, errno="EAGAIN")


@case("DOC-01", needs=("descriptors",))
def lowest_free_for_all_calls(bench: Bench) -> None:
    """Descriptors from socket(), accept(), dup() and F_DUPFD; the lowest that is free each time."""
    sock = listener(bench)
    low = sock.fd
    fillers = [bench.app.socket() for _ in range(3)]
    bench.check([each.fd - low for each in fillers], [1, 2, 3], "socket()")
    handshake(bench.connection())
    fillers[1].close()
    bench.check(sock.accept().fd - low, 2, "accept()")
    fillers[0].close()
    bench.check(sock.dup().fd - low, 1, "dup()")
    fillers[2].close()
    made = sock.call("fcntl", ("name", "F_DUPFD"), ("value", low + 10))
    bench.check(made.value - low, 10, "F_DUPFD from ten up")
    bench.check(sock.dup().fd - low, 3, "dup()")


@case(
    "POSIX:SOCKET-EMFILE",
    needs=("descriptors", "processes"),
    own_process=True,
)
def no_descriptor_left(bench: Bench) -> None:
    """RLIMIT_NOFILE of 6; three sockets, then EMFILE until one is closed."""
    bench.app.call("setrlimit", ("name", "RLIMIT_NOFILE"), ("value", LIMIT))
    socks = [bench.app.socket() for _ in range(LIMIT - 3)]
    family = ("name", "AF_INET" if bench.ip == 4 else "AF_INET6")
    kind = (("flags", ("SOCK_STREAM",)), ("value", 0))
    bench.app.call("socket", family, *kind, errno="EMFILE")
    socks[0].call("dup", errno="EMFILE")
    socks[1].close()
    bench.check(bench.app.socket().fd, socks[1].fd, "the descriptor that was freed")


@case(
    "POSIX:ACCEPT-EMFILE",
    needs=("descriptors", "processes"),
    own_process=True,
)
def no_descriptor_left_for_accept(bench: Bench) -> None:
    """accept() without a free descriptor; EMFILE, and with one the connection is still there."""
    bench.app.call("setrlimit", ("name", "RLIMIT_NOFILE"), ("value", LIMIT))
    sock = listener(bench)
    fillers = [bench.app.socket() for _ in range(LIMIT - 4)]
    conn = handshake(bench.connection())
    sock.accept(errno="EMFILE")
    conn.expect_silence()
    fillers[0].close()
    conn.app = sock.accept()
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")
