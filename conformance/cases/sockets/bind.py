"""bind(): local addresses and ports, and who may share them."""

from tcpassay.conformance.app import ready
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.probes import FOREIGN, reusing, told
from tcpassay.conformance.reach import handshake, listener


@case("POSIX:BIND-PORT0")
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


@case("LINUX:REUSEADDR-LISTENER")
def one_listener_among_those_that_share(bench: Bench) -> None:
    """Two sockets share a port by SO_REUSEADDR; the first may listen, the second not."""
    first, second = reusing(bench), reusing(bench)
    first.bind(LISTEN_PORT)
    second.bind(LISTEN_PORT)
    first.listen()
    second.listen(errno="EADDRINUSE")


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


@case("LINUX:BIND-SPECIFIC-WINS", measures=True)
def specific_and_wildcard_listener(bench: Bench) -> None:
    """Listeners on the wildcard and on one address, both SO_REUSEADDR; who gets a SYN to that."""
    everywhere, here = reusing(bench), reusing(bench)
    with bench.reaching("two sockets bound to one port"):
        everywhere.bind(LISTEN_PORT)
        here.bind(LISTEN_PORT, bench.stack_address)
        everywhere.listen()
    second = told(here.begin("listen", ("length", 5)))
    if second == "success":
        handshake(bench.connection())
        waiting = bench.app.poll((here, ("POLLIN",)), (everywhere, ("POLLIN",))).expect_return()
        second = "the specific one gets it" if ready(waiting, here) else "the wildcard gets it"
    bench.measure("listener on one address beside the wildcard", second)
