"""connect(): opening a connection, waiting for it or not, and what can be in the way."""

from tcpassay.conformance.app import Pending, ready
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.probes import FOREIGN
from tcpassay.conformance.reach import PEER_PORT, established, listener, syn_sent

OTHER_FAMILY = "2001:db8::2"
#: The errors that tell a caller that a destination is none: which of them is the system's choice.
NO_DESTINATION = ("ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EACCES", "EINVAL")


def told(pending: Pending) -> str:
    """What a call that may do either came to: "success" or an errno."""
    pending.bench.wait_until(lambda: pending.returned is not None, 1.0)
    if pending.returned is None:
        return "no return"
    return pending.returned.errno or "success"


@case(
    "POSIX:CONNECT-EINPROGRESS",
    rows={"socket": "socket", "fcntl": "fcntl", "ioctl": "ioctl"},
    needs=("active_open", "nonblocking"),
)
def in_progress(bench: Bench, how: str) -> None:
    """connect() of a non-blocking socket; EINPROGRESS and a SYN, the handshake goes on behind."""
    sock = bench.app.socket(*(("SOCK_NONBLOCK",) if how == "socket" else ()))
    if how == "fcntl":
        sock.set_nonblocking()
    elif how == "ioctl":
        sock.call("ioctl", ("name", "FIONBIO"), ("value", 1))
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    conn.send("SA")
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    sock.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:CONNECT-EALREADY", needs=("active_open", "nonblocking"))
def again_while_pending(bench: Bench) -> None:
    """connect() again before the SYN-ACK; EALREADY, and no second SYN."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    sock.connect(PEER_PORT, errno="EALREADY")
    conn.expect_silence()
    bench.check(len(bench.strays), 0, "further SYNs")


@case("POSIX:CONNECT-WRITABLE", "DOC-29", needs=("active_open", "nonblocking", "poll"))
def writable_when_open(bench: Bench) -> None:
    """The SYN-ACK comes for a background connect(); POLLOUT, SO_ERROR 0."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    waiting = bench.app.poll((sock, ("POLLOUT",)), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send(TCP(flags="SA"))
    bench.check(ready(waiting.expect_return(1), sock), ("POLLOUT",), "events")
    bench.check(sock.error(), 0, "SO_ERROR")


@case(
    "POSIX:CONNECT-WRITABLE",
    "POSIX:ASYNC-ECONNREFUSED",
    needs=("active_open", "nonblocking", "poll"),
)
def writable_when_refused(bench: Bench) -> None:
    """RST for a background connect(); POLLOUT, SO_ERROR is ECONNREFUSED, and then 0."""
    sock = bench.app.socket("SOCK_NONBLOCK")
    sock.connect(PEER_PORT, errno="EINPROGRESS")
    conn = bench.expect_syn()
    waiting = bench.app.poll((sock, ("POLLOUT",)), timeout_ms=-1)
    waiting.expect_blocked()
    conn.send(TCP(flags="RA", seq=0))
    bench.check("POLLOUT" in ready(waiting.expect_return(1), sock), True, "POLLOUT")
    error = sock.call("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR")).get("name")
    bench.check(error, "ECONNREFUSED", "SO_ERROR", requirement="POSIX:ASYNC-ECONNREFUSED")
    bench.check(sock.error(), 0, "SO_ERROR when asked again")


@case(
    "POSIX:CONNECT-EISCONN",
    "RFC9293:3.10.1-OPEN-AGAIN",
    rows={"connected": "connect", "accepted": "listen"},
)
def again_when_open(bench: Bench, way: str) -> None:
    """connect() on an open connection; EISCONN, nothing is sent, the connection is unharmed."""
    conn = established(bench, "connect" if way == "connect" else "listen")
    conn.app.connect(PEER_PORT + 1, errno="EISCONN")
    conn.expect_silence(requirement="RFC9293:3.10.1-OPEN-AGAIN")
    bench.check(len(bench.strays), 0, "SYNs", requirement="RFC9293:3.10.1-OPEN-AGAIN")
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:CONNECT-LISTENING", "POSIX:ACCEPT-LISTENER-LIVES")
def on_a_listener(bench: Bench) -> None:
    """connect() on a listening socket; EOPNOTSUPP or EISCONN, and the listener goes on."""
    lives = "POSIX:ACCEPT-LISTENER-LIVES"
    sock = listener(bench)
    sock.connect(PEER_PORT, errno=("EOPNOTSUPP", "EISCONN"))
    bench.check(len(bench.strays), 0, "SYNs", requirement=lives)
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt, requirement=lives)
    conn.send("A")
    sock.accept(requirement=lives)


@case("POSIX:CONNECT-EAFNOSUPPORT", ip=(4,))
def to_another_family(bench: Bench) -> None:
    """connect() of an IPv4 socket to an IPv6 address; EAFNOSUPPORT and no SYN."""
    sock = bench.app.socket()
    sock.connect(PEER_PORT, OTHER_FAMILY, errno="EAFNOSUPPORT")
    bench.check(len(bench.strays), 0, "SYNs")


def refused_at_once(bench: Bench, address: str) -> None:
    """connect() to what is no single host: an error before any SYN."""
    bench.app.socket().connect(PEER_PORT, address, errno=NO_DESTINATION)
    bench.check(len(bench.strays), 0, "SYNs")


@case(
    "RFC9293:MUST-46",
    "LINUX:CONNECT-BCAST",
    rows={"limited": "255.255.255.255", "directed": "192.0.2.255", "group": "224.0.0.1"},
    ip=(4,),
    needs=("active_open",),
)
def to_everybody(bench: Bench, address: str) -> None:
    """connect() to a broadcast or multicast address; an error at once and no SYN."""
    refused_at_once(bench, address)


@case(
    "RFC9293:MUST-46",
    rows={"site": "ff05::1:3", "global": "ff0e::7"},
    ip=(6,),
    needs=("active_open",),
)
def to_a_group(bench: Bench, address: str) -> None:
    """connect() to a multicast address of IPv6; an error at once and no SYN."""
    refused_at_once(bench, address)


@case("POSIX:CONNECT-ENETUNREACH", needs=("active_open",), settings=("no_default_route",))
def where_no_route_leads(bench: Bench) -> None:
    """connect() to an address off the link, without a default route; ENETUNREACH and no SYN.

    The socket is none the worse for it: it connects to a neighbour afterwards.
    """
    sock = bench.app.socket()
    sock.connect(PEER_PORT, FOREIGN[bench.ip], errno="ENETUNREACH")
    bench.check(len(bench.strays), 0, "SYNs")
    sock.begin_connect(PEER_PORT)
    bench.expect_syn()


@case("LINUX:CONNECT-SELF", needs=("active_open",), measures=True)
def to_itself(bench: Bench) -> None:
    """connect() to the socket's own address and port; what comes of it is recorded."""
    sock = bench.app.socket()
    with bench.reaching("a bound socket"):
        sock.bind(LISTEN_PORT, bench.stack_address)
    came_to = told(sock.begin_connect(LISTEN_PORT, bench.stack_address))
    if came_to == "success":
        sock.send(b"echo")
        came_to = "talks to itself" if sock.recv(8) == b"echo" else "success, and no data"
    bench.measure("connect() to itself", came_to)


@case("POSIX:CONNECT-AUTOBIND", needs=("active_open",))
def local_name_is_chosen(bench: Bench) -> None:
    """connect() without bind(); getsockname() is the source of the SYN."""
    conn, _ = syn_sent(bench)
    bench.check(conn.app.getsockname(), (conn.address, conn.port), "getsockname()")


@case("RFC9293:MUST-43", "DOC-03", needs=("active_open",))
def local_name_is_kept(bench: Bench) -> None:
    """connect() after bind() to the second address and a port; the SYN comes from there."""
    sock = bench.app.socket()
    sock.bind(LISTEN_PORT, bench.stack_addresses[1])
    sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    bench.check((conn.address, conn.port), (bench.stack_addresses[1], LISTEN_PORT), "source")


@case("POSIX:CONNECT-EINTR", needs=("active_open", "cancel"))
def interrupted(bench: Bench) -> None:
    """A signal during connect(); EINTR, but the handshake goes on and the socket is usable."""
    conn, connecting = syn_sent(bench)
    connecting.cancel()
    connecting.expect_return(errno="EINTR")
    conn.send(TCP(flags="SA"))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@case("POSIX:CONNECT-RETRY", needs=("active_open",), measures=True)
def again_after_refusal(bench: Bench) -> None:
    """connect() again on a socket that was refused; recorded."""
    conn, connecting = syn_sent(bench)
    with bench.reaching("a refused socket"):
        conn.send(TCP(flags="RA", seq=0))
        connecting.expect_return(errno=("ECONNREFUSED", "ECONNRESET"))
    again = conn.app.begin_connect(PEER_PORT + 1)
    bench.measure("again", "a new SYN" if bench.strays else told(again))


@case(
    "POSIX:CONNECT-ECONNRESET",
    needs=("active_open", "simultaneous_open"),
    state="SYN-RECEIVED",
    measures=True,
)
def reset_after_the_peers_syn(bench: Bench) -> None:
    """SYNs cross and then RST comes; what connect() says of it is recorded."""
    conn, connecting = syn_sent(bench)
    with bench.reaching("SYN-RECEIVED"):
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send(TCP(flags="R"))
    bench.measure("connect()", told(connecting))


@case("POSIX:CONNECT-EADDRINUSE", "RFC9293:3.10.1-OPEN-AGAIN", needs=("active_open",))
def same_two_ends_twice(bench: Bench) -> None:
    """Two sockets share a port and connect to the same peer; the second gets an error, no SYN."""
    first, second = bench.app.socket(), bench.app.socket()
    with bench.reaching("two sockets bound to one port"):
        for sock in (first, second):
            sock.set_option("SOL_SOCKET", "SO_REUSEADDR", 1)
            sock.bind(LISTEN_PORT, bench.stack_address)
        first.begin_connect(PEER_PORT)
        conn = bench.expect_syn()
        conn.send("SA")
        conn.expect("A")
    again = second.begin_connect(PEER_PORT)
    conn.expect_silence(requirement="RFC9293:3.10.1-OPEN-AGAIN")
    again.expect_return(errno=("EADDRINUSE", "EADDRNOTAVAIL"))
