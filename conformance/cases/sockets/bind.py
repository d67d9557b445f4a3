"""bind(): local addresses and ports, and who may share them."""

from tcpassay.conformance.app import Pending, Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.reach import app_closes, handshake, listener, peer_acks, peer_closes

UNPRIVILEGED_USER = 65534
PROTECTED_PORT = 80
FOREIGN = {4: "203.0.113.7", 6: "2001:db8:ffff::7"}


def reusing(bench: Bench, *, reuse: bool = True) -> Socket:
    """A fresh socket, with SO_REUSEADDR where wanted."""
    sock = bench.app.socket()
    if reuse:
        sock.set_option("SOL_SOCKET", "SO_REUSEADDR", 1)
    return sock


def leave_time_wait(bench: Bench, *, reuse: bool) -> None:
    """A listener has served one client, closed first, and gone: its port is in TIME-WAIT."""
    with bench.reaching("TIME-WAIT on the listener's port"):
        old = reusing(bench, reuse=reuse)
        old.bind(LISTEN_PORT)
        old.listen()
        conn = handshake(bench.connection())
        conn.app = old.accept()
        app_closes(conn, "close")
        peer_acks(conn)
        peer_closes(conn)
        conn.expect_state("TIME-WAIT")
        old.close()


def told(pending: Pending) -> str:
    """What a call that may do either came to: "success" or an errno."""
    pending.bench.wait_until(lambda: pending.returned is not None, 1.0)
    if pending.returned is None:
        return "no return"
    return pending.returned.errno or "success"


@case("DOC-03", rows={"wildcard": False, "specific": True})
def named_port(bench: Bench, specific: bool) -> None:
    """bind() to a named port; getsockname() tells address and port."""
    address = bench.stack_address if specific else bench.any_address
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT, address)
    bench.check(sock.getsockname(), (address, LISTEN_PORT), "getsockname()")


@case("POSIX:BIND-PORT0", "DOC-03")
def port_zero(bench: Bench) -> None:
    """bind() to port 0, twice; two different ports of the kernel's choice."""
    ports = []
    for _ in range(2):
        sock = bench.app.socket()
        sock.bind(0)
        ports.append(sock.getsockname()[1])
    bench.check(min(ports) >= 1024, True, "a port above the protected ones")
    bench.check(ports[0] != ports[1], True, "another port for the second socket")
    bench.note(f"ephemeral ports {ports}")


@case("POSIX:BIND-TWICE")
def second_bind_of_a_socket(bench: Bench) -> None:
    """bind() on a socket that has a name; EINVAL, and the name stays."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT)
    sock.bind(LISTEN_PORT + 1, errno="EINVAL")
    bench.check(sock.getsockname(), (bench.any_address, LISTEN_PORT), "getsockname()")


@case("POSIX:BIND-EADDRNOTAVAIL", "DOC-04")
def foreign_address(bench: Bench) -> None:
    """bind() to an address of no interface; EADDRNOTAVAIL, and the socket is still free."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT, FOREIGN[bench.ip], errno="EADDRNOTAVAIL")
    sock.bind(LISTEN_PORT, requirement="DOC-04")


@case("POSIX:BIND-EAFNOSUPPORT", ip=(4,))
def address_of_another_family(bench: Bench) -> None:
    """bind() of an IPv4 socket to an IPv6 address; EAFNOSUPPORT."""
    bench.app.socket().bind(LISTEN_PORT, "2001:db8::1", errno="EAFNOSUPPORT")


@case(
    "POSIX:BIND-EADDRINUSE",
    "DOC-08",
    rows={
        "wildcard_over_wildcard": (False, False),
        "specific_over_wildcard": (False, True),
        "wildcard_over_specific": (True, False),
        "specific_over_specific": (True, True),
    },
)
def over_a_listener(bench: Bench, row: tuple[bool, bool]) -> None:
    """bind() to an address and port that a socket listens on; EADDRINUSE until it is closed."""
    first, second = (bench.stack_address if specific else None for specific in row)
    old = listener(bench, address=first)
    new = bench.app.socket()
    new.bind(LISTEN_PORT, second, errno="EADDRINUSE")
    old.close()
    new.bind(LISTEN_PORT, second, requirement="DOC-08")


@case("POSIX:BIND-EADDRINUSE")
def same_port_of_another_address(bench: Bench) -> None:
    """Two listeners with one port and an address each; both are bound, each takes its own SYN."""
    for address in bench.stack_addresses[:2]:
        sock = bench.app.socket()
        sock.bind(LISTEN_PORT, address)
        sock.listen()
    for address in bench.stack_addresses[:2]:
        conn = bench.connection(address=address)
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)


@case("LINUX:REUSEADDR-LISTENER", "DOC-09")
def reuseaddr_over_a_listener(bench: Bench) -> None:
    """Old and new socket have SO_REUSEADDR and the old one listens; EADDRINUSE all the same."""
    old = reusing(bench)
    old.bind(LISTEN_PORT)
    old.listen()
    reusing(bench).bind(LISTEN_PORT, errno="EADDRINUSE")


@case("LINUX:REUSEADDR-LISTENER")
def one_listener_among_those_that_share(bench: Bench) -> None:
    """Two sockets share a port by SO_REUSEADDR; the first may listen, the second not."""
    first, second = reusing(bench), reusing(bench)
    first.bind(LISTEN_PORT)
    second.bind(LISTEN_PORT)
    first.listen()
    second.listen(errno="EADDRINUSE")


@case("DOC-08")
def over_time_wait(bench: Bench) -> None:
    """bind() to a port whose last connection is in TIME-WAIT; EADDRINUSE."""
    leave_time_wait(bench, reuse=False)
    bench.app.socket().bind(LISTEN_PORT, errno="EADDRINUSE")


@case("DOC-09", "LINUX:REUSEADDR-TIMEWAIT")
def reuseaddr_over_time_wait(bench: Bench) -> None:
    """Old and new listener have SO_REUSEADDR; the server restarts over TIME-WAIT, and serves."""
    leave_time_wait(bench, reuse=True)
    new = reusing(bench)
    new.bind(LISTEN_PORT)
    new.listen(requirement="LINUX:REUSEADDR-TIMEWAIT")
    conn = bench.connection()
    conn.send(TCP(flags="S"))
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case(
    "LINUX:REUSEADDR-ESTABLISHED",
    rows={
        "neither": (False, False),
        "old_only": (True, False),
        "new_only": (False, True),
        "both": (True, True),
    },
    measures=True,
)
def over_an_established_child(bench: Bench, row: tuple[bool, bool]) -> None:
    """The listener is closed, its client still connected; bind() is recorded, the client lives."""
    old_reuses, new_reuses = row
    old = reusing(bench, reuse=old_reuses)
    with bench.reaching("an accepted connection whose listener is closed"):
        old.bind(LISTEN_PORT)
        old.listen()
        conn = handshake(bench.connection())
        conn.app = old.accept()
        old.close()
    new = reusing(bench, reuse=new_reuses)
    bench.measure("bind", told(new.begin("bind", ("address", (bench.any_address, LISTEN_PORT)))))
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("DOC-07", "POSIX:BIND-EACCES", own_process=True, needs=("processes",))
def protected_port(bench: Bench) -> None:
    """Port 80 for an ordinary user is EACCES, port 8080 is not; the privileged user gets both."""
    ordinary = bench.spawn(2, user=UNPRIVILEGED_USER)
    refused = ordinary.socket()
    refused.bind(PROTECTED_PORT, errno="EACCES")
    refused.bind(LISTEN_PORT, requirement="POSIX:BIND-EACCES")
    bench.app.socket().bind(PROTECTED_PORT)
