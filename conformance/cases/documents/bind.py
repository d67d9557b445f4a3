"""What the source documents say of bind(): addresses, ports, and who may have them."""

from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.probes import FOREIGN, reusing, told
from tcpassay.conformance.reach import app_closes, handshake, peer_acks, peer_closes

UNPRIVILEGED_USER = 65534
PROTECTED = (1, 80, 1023)


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


@case(
    "DOC-03",
    rows={
        "both": (True, LISTEN_PORT),
        "address": (True, 0),
        "port": (False, LISTEN_PORT),
        "neither": (False, 0),
    },
)
def what_is_left_out_the_kernel_chooses(bench: Bench, row: tuple[bool, int]) -> None:
    """bind() to an address, a port, both or neither; getsockname() tells both, and they answer."""
    specific, port = row
    address = bench.stack_address if specific else bench.any_address
    sock = bench.app.socket()
    sock.bind(port, address)
    name, chosen = sock.getsockname()
    bench.check(name, address, "the address")
    if port:
        bench.check(chosen, port, "the port that was named")
    else:
        bench.check(chosen >= 1024, True, "a port above the protected ones")
    sock.listen()
    conn = bench.connection(port=chosen)
    conn.send(TCP(flags="S"))
    conn.expect("SA", ack=conn.peer.snd.nxt)


@case("DOC-03")
def listener_that_was_never_bound(bench: Bench) -> None:
    """listen() without bind(), twice; a port of the kernel's choice each, which answers."""
    ports = []
    for _ in range(2):
        sock = bench.app.socket()
        sock.listen()
        ports.append(sock.getsockname()[1])
        conn = bench.connection(port=ports[-1])
        conn.send(TCP(flags="S"))
        conn.expect("SA", ack=conn.peer.snd.nxt)
    bench.check(len(set(ports)), 2, "different ports")


@case("DOC-04")
def address_of_no_interface(bench: Bench) -> None:
    """bind() to a foreign address; EADDRNOTAVAIL. The host's own addresses are all taken."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT, FOREIGN[bench.ip], errno="EADDRNOTAVAIL")
    sock.bind(LISTEN_PORT, bench.stack_addresses[0])
    for address in bench.stack_addresses[1:]:
        bench.app.socket().bind(LISTEN_PORT, address)


@case(
    "DOC-07",
    "POSIX:BIND-EACCES",
    own_process=True,
    needs=("processes",),
    rows={str(port): port for port in PROTECTED},
)
def protected_port(bench: Bench, port: int) -> None:
    """A port below 1024 for an ordinary user is EACCES, 1024 is not; the privileged user gets it.

    The port is free afterwards: the refused call has taken nothing.
    """
    ordinary = bench.spawn(2, user=UNPRIVILEGED_USER)
    refused = ordinary.socket()
    refused.bind(port, errno="EACCES")
    refused.bind(1024, requirement="POSIX:BIND-EACCES")
    bench.app.socket().bind(port)


@case("DOC-08", rows={"bound": False, "listening": True})
def port_in_use(bench: Bench, listening: bool) -> None:
    """bind() to a port that another socket has, as yet idle or listening; EADDRINUSE."""
    old = bench.app.socket()
    old.bind(LISTEN_PORT)
    if listening:
        old.listen()
    new = bench.app.socket()
    new.bind(LISTEN_PORT, errno="EADDRINUSE")
    new.bind(LISTEN_PORT, bench.stack_address, errno="EADDRINUSE")
    new.bind(LISTEN_PORT + 1)


@case("DOC-08")
def port_in_time_wait(bench: Bench) -> None:
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
    conn.send("A")
    new.accept()


@case("DOC-09", measures=True)
def reuseaddr_of_the_new_one_alone(bench: Bench) -> None:
    """Only the new socket has SO_REUSEADDR; whether it gets the port in TIME-WAIT is recorded."""
    leave_time_wait(bench, reuse=False)
    new = reusing(bench)
    answer = told(new.begin("bind", ("address", (bench.any_address, LISTEN_PORT))))
    bench.check(answer in {"success", "EADDRINUSE"}, True, "bind()")
    bench.measure("bind() over TIME-WAIT", answer)


@case("DOC-09", "LINUX:REUSEADDR-LISTENER", rows={"wildcard": False, "specific": True})
def reuseaddr_over_a_listener(bench: Bench, specific: bool) -> None:
    """Old and new socket have SO_REUSEADDR and the old one listens; EADDRINUSE all the same."""
    address = bench.stack_address if specific else bench.any_address
    old = reusing(bench)
    old.bind(LISTEN_PORT, address)
    old.listen()
    new = reusing(bench)
    new.bind(LISTEN_PORT, address, errno="EADDRINUSE", requirement="LINUX:REUSEADDR-LISTENER")
    new.bind(LISTEN_PORT, errno="EADDRINUSE")
