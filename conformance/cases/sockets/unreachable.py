"""connect() when the network says no: which errno, and when, is the stack's choice."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import ICMP
from tcpassay.conformance.reach import syn_sent
from tcpassay.core.clock import NS_PER_S

IN_SYN_SENT = {
    "needs": ("active_open", "icmp"),
    "settings": ("fast_syn_giveup",),
    "measures": True,
    "real_s": 5,
    "ip": (4,),
    "state": "SYN-SENT",
}


def what_connect_says(bench: Bench, code: int) -> None:
    """Answer each SYN with destination unreachable; record the errno and when it came."""
    conn, connecting = syn_sent(bench)
    start = bench.now_ns
    limit_s = 400.0 if bench.virtual else 6.0
    while connecting.returned is None and bench.now_ns < start + limit_s * NS_PER_S:
        conn.send_icmp(ICMP(type=3, code=code))
        bench.wait_until(lambda: connecting.returned is not None, 1.0)
        conn.drop_arrivals()
    returned = connecting.returned
    bench.check(returned is not None, True, "connect() returned")
    if returned is not None:
        at_once = returned.t_ns - start < NS_PER_S // 2
        bench.measure("connect()", f"{returned.errno}, {'at once' if at_once else 'at the end'}")


@case("POSIX:CONNECT-ICMP-NET", **IN_SYN_SENT)
def net(bench: Bench) -> None:
    """Net unreachable for each SYN; the errno and its time are recorded."""
    what_connect_says(bench, 0)


@case("POSIX:CONNECT-EHOSTUNREACH", **IN_SYN_SENT)
def host(bench: Bench) -> None:
    """Host unreachable for each SYN; the errno and its time are recorded."""
    what_connect_says(bench, 1)


@case("POSIX:CONNECT-ICMP-PORT", **IN_SYN_SENT)
def port(bench: Bench) -> None:
    """Port unreachable for each SYN; the errno and its time are recorded."""
    what_connect_says(bench, 3)


@case("POSIX:CONNECT-ICMP-PROTO", **IN_SYN_SENT)
def protocol(bench: Bench) -> None:
    """Protocol unreachable for each SYN; the errno and its time are recorded."""
    what_connect_says(bench, 2)


@case(
    "POSIX:CONNECT-ICMP-ADMIN", rows={"network": 9, "host": 10, "communication": 13}, **IN_SYN_SENT
)
def prohibited(bench: Bench, code: int) -> None:
    """Administratively prohibited for each SYN; the errno and its time are recorded."""
    what_connect_says(bench, code)


@case(
    "POSIX:ASYNC-EHOSTUNREACH",
    needs=("active_open", "icmp", "nonblocking"),
    settings=("fast_syn_giveup",),
    real_s=5,
    ip=(4,),
    state="SYN-SENT",
)
def host_in_the_background(bench: Bench) -> None:
    """Host unreachable for each SYN of a non-blocking connect(); EHOSTUNREACH is SO_ERROR then."""
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket("SOCK_NONBLOCK")
        sock.connect(7070, errno="EINPROGRESS")
        conn = bench.expect_syn()
    waiting = bench.app.poll((sock, ("POLLOUT",)), timeout_ms=-1)
    limit = bench.now_ns + (400 if bench.virtual else 6) * NS_PER_S
    while waiting.returned is None and bench.now_ns < limit:
        conn.send_icmp(ICMP(type=3, code=1))
        bench.wait_until(lambda: waiting.returned is not None, 1.0)
        conn.drop_arrivals()
    told = sock.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR"))
    bench.check(told.get("name"), "EHOSTUNREACH", "SO_ERROR")
