"""Ephemeral ports: RFC 6056, section 3."""

from collections import Counter
from itertools import pairwise

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.peer import Connection
from tcpassay.conformance.reach import PEER_PORT, listener

CLIENT = {"needs": ("active_open", "nonblocking"), "state": "CLOSED"}
RANDOM, SUITABLE = "RFC6056:3-RANDOM-PORT", "RFC6056:3.3-SUITABLE"
#: The range of the setting `four_ports`.
FOUR = frozenset(range(60_000, 60_004))


def opens(bench: Bench, port: int = PEER_PORT) -> Connection:
    """connect() without bind(), not to block; its SYN."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(port, errno="EINPROGRESS")
    conn = bench.expect_syn()
    conn.app = sock
    return conn


def refused(conn: Connection) -> int:
    """RST, and the socket is closed; the port that it had."""
    conn.send(TCP(flags="RA", seq=0))
    conn.app.close()
    return conn.port


def steps(ports: list[int]) -> Counter[int]:
    """How often each distance from one port to the next occurs."""
    return Counter(after - before for before, after in pairwise(ports))


@case(RANDOM, rows={"kept": True, "refused": False}, **CLIENT)
def ports_to_other_servers_tell_nothing(bench: Bench, kept: bool) -> None:
    """24 connects to as many ports of the peer; no distance from one to the next is the rule."""
    conns = [opens(bench, 7_000 + number) for number in range(24)]
    ports = [conn.port if kept else refused(conn) for conn in conns]
    distance, times = steps(ports).most_common(1)[0]
    bench.check(times <= 6, True, f"{times} of 23 steps are {distance}")


@case(
    RANDOM,
    needs=("active_open", "nonblocking"),
    settings=("ports_by_chance",),
    state="CLOSED",
)
def ports_by_chance_tell_nothing(bench: Bench) -> None:
    """Algorithm 1: 24 connects to one server; no distance from one port to the next is the rule."""
    # All stay open, so that no port comes twice by chance.
    distance, times = steps([opens(bench).port for _ in range(24)]).most_common(1)[0]
    bench.check(times <= 6, True, f"{times} of 23 steps are {distance}")


@case(
    RANDOM,
    needs=("active_open", "nonblocking"),
    settings=("ports_by_one_hash",),
    state="CLOSED",
)
def ports_by_one_hash_tell_nothing(bench: Bench) -> None:
    """Algorithm 3: 24 connects to as many ports of the peer; no distance is the rule."""
    ports = [opens(bench, 7_000 + number).port for number in range(24)]
    distance, times = steps(ports).most_common(1)[0]
    bench.check(times <= 6, True, f"{times} of 23 steps are {distance}")


@case("RFC6056:3.3.4-COUNTS", rows={"4": 4, "16": 16}, measures=True, **CLIENT)
def ports_between(bench: Bench, others: int) -> None:
    """Connects to one server, others between; whether its ports count them is recorded."""
    ports = []
    for turn in range(6):
        ports.append(refused(opens(bench)))
        for number in range(others):
            refused(opens(bench, 8_000 + 100 * turn + number))
    told = steps(ports)[others + 1]
    bench.measure(f"steps of 5 that count {others} others", told)


@case(SUITABLE, needs=("active_open", "nonblocking"), settings=("four_ports",), state="LISTEN")
def port_of_a_listener_is_stepped_over(bench: Bench) -> None:
    """Four ephemeral ports, one has a listener; three connects get the other three."""
    listener(bench, port=60_001)
    ports = {opens(bench).port for _ in range(3)}
    bench.check(ports, set(FOUR - {60_001}), "ports")


@case(SUITABLE, needs=("active_open", "nonblocking"), settings=("four_ports",), state="CLOSED")
def port_of_a_bound_socket_is_stepped_over(bench: Bench) -> None:
    """Four ephemeral ports, two are bound; two connects get the other two."""
    for port in (60_000, 60_002):
        bench.app.socket().bind(port)
    ports = {opens(bench).port for _ in range(2)}
    bench.check(ports, {60_001, 60_003}, "ports")


@case("POSIX:BIND-PORT0", needs=("active_open",), settings=("four_ports",), state="CLOSED")
def bound_to_port_zero(bench: Bench) -> None:
    """Four ephemeral ports and four bind() of port 0; each gets one of its own."""
    ports = []
    for _ in range(4):
        sock = bench.app.socket()
        sock.bind(0)
        ports.append(sock.getsockname()[1])
    bench.check(sorted(ports), sorted(FOUR), "ports")


@case(
    "LINUX:CONNECT-EADDRNOTAVAIL",
    needs=("active_open", "nonblocking"),
    settings=("four_ports",),
    state="CLOSED",
)
def no_port_is_left(bench: Bench) -> None:
    """Four ephemeral ports, all in use for one server; the fifth connect() fails."""
    for _ in range(4):
        opens(bench)
    bench.app.socket("SOCK_NONBLOCK").connect(PEER_PORT, errno="EADDRNOTAVAIL")


@case("RFC6056:3.3-REUSE", measures=True, **CLIENT)
def ports_to_one_server(bench: Bench) -> None:
    """20 connects to one server, each refused and closed; the steps are recorded, and repeats."""
    ports = [refused(opens(bench)) for _ in range(20)]
    bench.measure("repeats", len(ports) - len(set(ports)))
    bench.measure("most frequent step", steps(ports).most_common(1)[0][0])
