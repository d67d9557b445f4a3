"""What the tester can see and do on the target's side: errors, descriptors, processes, state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.conformance.bench import LISTEN_PORT
from tcpassay.conformance.probing.probe import Probes, demand
from tcpassay.conformance.reach import established, listener

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench

CALLS: Final = Probes()


@CALLS("errno")
def errno(bench: Bench) -> None:
    """An address in use, a socket that is not connected, one that is closed; each its errno."""
    listener(bench)
    bench.app.socket().bind(LISTEN_PORT, errno="EADDRINUSE")
    sock = bench.app.socket()
    sock.getpeername(errno="ENOTCONN")
    sock.close()
    sock.close(errno="EBADF")


@CALLS("descriptors", own_process=True)
def descriptors(bench: Bench) -> None:
    """Three sockets, the second is closed; its number is the next, dup() and fcntl() work."""
    first, second, third = (bench.app.socket() for _ in range(3))
    bench.check([second.fd, third.fd], [first.fd + 1, first.fd + 2], "descriptors")
    second.close()
    bench.check(bench.app.socket().fd, second.fd, "descriptor of a fourth socket")
    bench.check(first.dup().fd, third.fd + 1, "descriptor of dup()")
    first.call("fcntl", ("name", "F_GETFL"))


@CALLS("processes", own_process=True)
def processes(bench: Bench) -> None:
    """A process with a connection is killed; it ends by the signal."""
    established(bench)
    bench.kill(1)
    bench.wait_until(lambda: bool(bench.exits), 1)
    told = [(event.process, event.status) for event in bench.exits]
    bench.check(told, [(1, -9)], "processes that ended")


@CALLS("cancel")
def cancel(bench: Bench) -> None:
    """accept() waits and is cancelled; EINTR."""
    waiting = listener(bench).begin_accept()
    waiting.expect_blocked()
    waiting.cancel()
    waiting.expect_return(errno="EINTR")


@CALLS("state_probe")
def state_probe(bench: Bench) -> None:
    """READ-STATE of a connection; ESTABLISHED."""
    conn = established(bench)
    local, remote = conn.flow[:2], conn.flow[2:]
    bench.check(bench.read_state(local, remote), "ESTABLISHED", "state")


@CALLS("stats")
def stats(bench: Bench) -> None:
    """READ-STATS; at least one counter."""
    demand(bench, bool(bench.read_stats()), "there are none")


@CALLS("resolver")
def resolver(bench: Bench) -> None:
    """gethostbyname("localhost"); an address."""
    bench.app.call("gethostbyname", ("text", "localhost"))
