"""Socket calls: what they return, and which errno they fail with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.segment import ACK, FIN, PSH, RST, SYN
from tcpref.tcb import State

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

PEER = ("192.0.2.2", 4000)
ANY = "0.0.0.0"  # noqa: S104 - the wildcard as an argument, nothing is bound


@pytest.mark.parametrize(
    ("family", "flags", "protocol", "errno"),
    [
        ("AF_INET6", ("SOCK_STREAM",), 0, None),
        ("AF_INET6", ("SOCK_STREAM",), 17, "EPROTONOSUPPORT"),
        ("AF_UNIX", ("SOCK_STREAM",), 0, "EAFNOSUPPORT"),
        ("AF_INET", ("SOCK_DGRAM",), 0, "EPROTOTYPE"),
        ("AF_INET", (), 0, "EPROTOTYPE"),
        ("AF_INET", ("SOCK_STREAM",), 17, "EPROTONOSUPPORT"),
        ("AF_INET", ("SOCK_STREAM", "SOCK_CLOEXEC"), 6, None),
    ],
)
def test_socket(
    host: Host, family: str, flags: tuple[str, ...], protocol: int, errno: str | None
) -> None:
    made = host.call("socket", ("name", family), ("flags", flags), ("value", protocol))
    assert (made.value, made.errno) == ((-1, errno) if errno else (3, None))


@pytest.mark.parametrize(
    ("address", "errno"),
    [
        ((ANY, 80), "EADDRINUSE"),
        (("192.0.2.1", 80), "EADDRINUSE"),
        (("203.0.113.7", 81), "EADDRNOTAVAIL"),
        (("::1", 81), "EAFNOSUPPORT"),
        (("banana", 81), "EINVAL"),
        ((ANY, 65536), "EINVAL"),
        ((ANY, 81), None),
        (("192.0.2.3", 0), None),
    ],
)
def test_bind(host: Host, address: tuple[str, int], errno: str | None) -> None:
    host.listen()
    fd = host.socket()
    assert host.on("bind", ("address", address), fd=fd).errno == errno
    if errno is None:
        assert host.on("bind", ("address", address), fd=fd).errno == "EINVAL"
        assert host.on("getsockname", fd=fd).get("address")[1] != 0  # type: ignore[index]


def test_specific_addresses_share_a_port(host: Host) -> None:
    host.listen(address="192.0.2.1")
    host.listen(address="192.0.2.3")
    host.peer(SYN, 1)
    assert host.only().flags == SYN | ACK
    assert host.on("getsockname", fd=3).get("address") == ("192.0.2.1", 80)


@pytest.mark.parametrize(
    ("old", "new", "errno"),
    [(1, 1, None), (0, 1, "EADDRINUSE"), (1, 0, "EADDRINUSE"), (0, 0, "EADDRINUSE")],
)
def test_reuseaddr_over_time_wait(host: Host, old: int, new: int, errno: str | None) -> None:
    host.fd = host.socket()
    host.option("SO_REUSEADDR", old)
    assert host.on("bind", ("address", (ANY, 80))).errno is None
    assert host.on("listen", ("length", 5)).errno is None
    listener = host.fd
    host.handshake()
    host.fd = host.on("accept", fd=listener).value
    host.on("close")
    host.next(FIN | ACK)
    assert host.state() == "TIME-WAIT"
    host.on("close", fd=listener)
    host.fd = host.socket()
    host.option("SO_REUSEADDR", new)
    assert host.on("bind", ("address", (ANY, 80))).errno == errno


def test_reuseaddr_never_over_a_listener(host: Host) -> None:
    first, second = host.socket(), host.socket()
    for host.fd in (first, second):
        host.option("SO_REUSEADDR", 1)
        assert host.on("bind", ("address", (ANY, 80))).errno is None
    assert host.on("listen", ("length", 1), fd=first).errno is None
    assert host.on("listen", ("length", 1), fd=second).errno == "EADDRINUSE"
    host.fd = host.socket()
    host.option("SO_REUSEADDR", 1)
    assert host.on("bind", ("address", (ANY, 80))).errno == "EADDRINUSE"


def test_privileged_port_needs_user_zero(host: Host) -> None:
    host.assay.spawn(1, None, 1000, 0)
    fd = host.socket(process=1)
    assert fd == 3
    low, high = ("address", (ANY, 80)), ("address", (ANY, 8080))
    assert host.call("bind", ("fd", fd), low, process=1).errno == "EACCES"
    assert host.call("bind", ("fd", fd), high, process=1).errno is None


NAMED = ("name", "SOL_SOCKET"), ("name", "SO_TYPE"), ("value", 1)
FD_CALLS = [
    ("bind", ("address", (ANY, 9))),
    ("listen", ("length", 1)),
    ("accept",),
    ("connect", ("address", PEER)),
    ("send", ("octets", b"x")),
    ("recv", ("length", 1)),
    ("sendmsg", ("octets", b"x")),
    ("recvmsg", ("length", 1)),
    ("shutdown", ("name", "SHUT_WR")),
    ("close",),
    ("dup",),
    ("fcntl", ("name", "F_GETFL")),
    ("ioctl", ("name", "FIONREAD")),
    ("getsockname",),
    ("getpeername",),
    ("setsockopt", *NAMED),
    ("getsockopt", *NAMED),
]


@pytest.mark.parametrize("fd", [-1, 3, 99])
@pytest.mark.parametrize("call", FD_CALLS, ids=lambda call: str(call[0]))
def test_bad_descriptor(host: Host, call: tuple[object, ...], fd: int) -> None:
    name, *args = call
    assert host.on(str(name), *args, fd=fd).errno == "EBADF"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "errno"),
    [
        (("accept",), "EINVAL"),
        (("send", ("octets", b"x")), "ENOTCONN"),
        (("recv", ("length", 1)), "ENOTCONN"),
        (("shutdown", ("name", "SHUT_WR")), "ENOTCONN"),
        (("shutdown", ("name", "SHUT_UP")), "EINVAL"),
        (("shutdown", ("value", 7)), "EINVAL"),
        (("getpeername",), "ENOTCONN"),
        (("fcntl", ("name", "F_BANANA")), "EINVAL"),
        (("ioctl", ("name", "SIOCBANANA")), "EINVAL"),
        (("ioctl", ("name", "SIOCNOTHING")), "EINVAL"),
        (("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_NOTHING")), "ENOPROTOOPT"),
        (("getsockopt", ("name", "IPPROTO_TCP"), ("name", "0x7f00")), "ENOPROTOOPT"),
        (("setsockopt", *NAMED), "ENOPROTOOPT"),
        (("connect", ("address", ("224.0.0.1", 80))), "ENETUNREACH"),
        (("connect", ("address", ("255.255.255.255", 80))), "ENETUNREACH"),
        (("connect", ("address", ("192.0.2.255", 80))), "ENETUNREACH"),
        (("connect", ("address", ("::1", 80))), "EAFNOSUPPORT"),
        (("recv", ("length", -1)), "EINVAL"),
        (("recv",), "EINVAL"),
        (("send",), "EINVAL"),
        (("bind",), "EINVAL"),
        (("sendmsg", ("octets", b"x"), ("address", PEER)), "ENOTCONN"),
        (("poll", ("pollfds", ((3,),))), "EINVAL"),
        (("poll", ("pollfds", (("x", ()),))), "EINVAL"),
        (("teleport",), "ENOSYS-AGENT"),
    ],
    ids=str,
)
def test_fresh_socket(host: Host, call: tuple[object, ...], errno: str) -> None:
    host.fd = host.socket()
    name, *args = call
    assert host.on(str(name), *args).errno == errno  # type: ignore[arg-type]
    assert host.take() == []


@pytest.mark.parametrize(
    ("level", "option", "tag", "value"),
    [
        ("SOL_SOCKET", "SO_REUSEADDR", "value", 0),
        ("SOL_SOCKET", "SO_LINGER", "linger", (0, 0)),
        ("SOL_SOCKET", "SO_ERROR", "value", 0),
        ("SOL_SOCKET", "SO_TYPE", "value", 1),
        ("SOL_SOCKET", "SO_ACCEPTCONN", "value", 0),
        ("SOL_SOCKET", "SO_RCVBUF", "value", 65535),
        ("SOL_SOCKET", "SO_SNDBUF", "value", 65536),
        ("SOL_SOCKET", "SO_RCVTIMEO", "timeout", 0),
        ("IPPROTO_TCP", "TCP_NODELAY", "value", 0),
        ("IPPROTO_TCP", "TCP_MAXSEG", "value", 536),
        ("IPPROTO_TCP", "TCP_INFO", "state", {"state": "CLOSED"}),
    ],
)
def test_default_options(host: Host, level: str, option: str, tag: str, value: object) -> None:
    host.fd = host.socket()
    assert host.on("getsockopt", ("name", level), ("name", option)).get(tag) == value


def test_lowest_descriptor_and_emfile(make_host: type[Host]) -> None:
    host = make_host(max_descriptors=5)
    assert (host.socket(), host.socket()) == (3, 4)
    full = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",))
    assert host.call("socket", *full).errno == "EMFILE"
    host.on("close", fd=3)
    assert host.socket() == 3


def test_accept_without_descriptor_keeps_the_connection(make_host: type[Host]) -> None:
    host = make_host(max_descriptors=5)
    listener, spare = host.listen(), host.socket()
    host.handshake()
    assert host.on("accept", fd=listener).errno == "EMFILE"
    host.on("close", fd=spare)
    accepted = host.on("accept", fd=listener)
    assert (accepted.value, accepted.get("address")) == (4, PEER)


def test_fork_and_dup_hold_the_connection(host: Host) -> None:
    host.establish()
    copy = host.on("dup").value
    assert host.on("close").errno is None
    host.assay.spawn(1, 0, None, 0)
    assert host.on("close", fd=copy).errno is None
    assert host.take() == []
    sent = host.call("send", ("fd", copy), ("octets", b"alive"), process=1)
    assert (sent.value, host.only().payload) == (5, b"alive")
    host.next()
    host.assay.kill(1, "SIGKILL", 0)
    assert host.only().flags == FIN | ACK
    assert host.exits == [(1, -9)]


def test_exit_closes_and_does_not_return(host: Host) -> None:
    host.establish()
    number = host.begin("_exit", ("value", 3))
    assert host.only().flags == FIN | ACK
    assert host.exits == [(0, 3)]
    assert number not in host.returned
    assert host.assay.blocked() == ()


@pytest.mark.parametrize(("answer", "errno"), [(SYN | ACK, None), (RST | ACK, "ECONNREFUSED")])
def test_nonblocking_connect(host: Host, answer: int, errno: str | None) -> None:
    number = host.connect("SOCK_NONBLOCK")
    assert host.returned[number].errno == "EINPROGRESS"
    again = "connect", ("address", PEER)
    assert host.on(*again).errno == "EALREADY"
    ready = ("fds", (host.fd,)), ("fds", (host.fd,)), ("fds", ()), ("timeout", 0)
    assert host.call("select", *ready).value == 0
    host.peer(answer, 900, host.only().seq + 1)
    selected = host.call("select", *ready)
    assert selected.value == (2 if errno else 1)
    error = "getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR")
    assert [value for tag, value in host.on(*error).out if tag == "name"] == (
        [errno] if errno else []
    )
    assert host.on(*error).get("value") == 0
    assert host.on(*again).errno == ("EINVAL" if errno else "EISCONN")


def test_cancelled_connect_goes_on(host: Host) -> None:
    number = host.connect()
    host.assay.cancel(number, 0)
    host.collect()
    assert host.returned[number].errno == "EINTR"
    assert host.on("connect", ("address", PEER)).errno == "EALREADY"
    host.peer(SYN | ACK, 900, host.only().seq + 1)
    assert host.on("getpeername").get("address") == PEER


@pytest.mark.parametrize(
    ("octets", "flags", "errno"),
    [(b"x", ("MSG_MORE",), "EOPNOTSUPP"), (b"", (), None)],
)
def test_send_flags(host: Host, octets: bytes, flags: tuple[str, ...], errno: str | None) -> None:
    host.establish()
    assert host.send(octets, *flags).errno == errno
    assert host.take() == []


def test_send_in_pieces(make_host: type[Host]) -> None:
    host = make_host(snd_buffer=1000)
    host.establish(wnd=0)
    blocked = host.begin("send", ("fd", host.fd), ("octets", b"a" * 1500))
    assert host.send(b"b", "MSG_DONTWAIT").errno == "EAGAIN"
    assert host.assay.blocked() == (blocked,)
    host.next(wnd=5000)
    host.next(wnd=5000)
    host.collect()
    assert host.returned[blocked].value == 1500
    host.next(wnd=5000)
    assert sum(len(segment.payload) for segment in host.take()) == 1500


def test_cancelled_send_tells_what_went(make_host: type[Host]) -> None:
    host = make_host(snd_buffer=1000)
    host.establish(wnd=0)
    blocked = host.begin("send", ("fd", host.fd), ("octets", b"a" * 1500))
    host.assay.cancel(blocked, 0)
    host.collect()
    assert host.returned[blocked][:2] == (1000, None)


@pytest.mark.parametrize(("flags", "signals"), [((), 1), (("MSG_NOSIGNAL",), 0)])
def test_epipe_after_shutdown(host: Host, flags: tuple[str, ...], signals: int) -> None:
    host.reach(State.FIN_WAIT_1)
    assert host.send(b"x", *flags).errno == "EPIPE"
    assert host.signals == [(0, "SIGPIPE")] * signals


@pytest.mark.parametrize("first", ["send", "recv", "getsockopt"])
def test_reset_is_reported_once(host: Host, first: str) -> None:
    host.establish()
    host.peer(RST, host.tcb.rcv_nxt)
    calls = {
        "send": ("send", ("octets", b"x")),
        "recv": ("recv", ("length", 5)),
        "getsockopt": ("getsockopt", ("name", "SOL_SOCKET"), ("name", "SO_ERROR")),
    }
    told = host.on(*calls[first])  # type: ignore[arg-type]
    assert told.errno == (None if first == "getsockopt" else "ECONNRESET")
    if first == "getsockopt":
        assert told.get("name") == "ECONNRESET"
    assert host.send(b"x").errno == "EPIPE"
    assert host.recv().get("octets") == b""
    assert host.on(*calls["getsockopt"]).get("value") == 0  # type: ignore[arg-type]


def test_send_after_fin_and_reset_is_a_broken_pipe(host: Host) -> None:
    host.reach(State.CLOSE_WAIT)
    assert host.send(b"anyone?").value == 7
    host.peer(RST, host.tcb.rcv_nxt)
    assert host.send(b"x").errno == "EPIPE"
    assert host.recv().errno == "ECONNRESET"


def test_peek_leaves_and_waitall_waits(host: Host) -> None:
    host.establish()
    waiting = host.begin("recv", ("fd", host.fd), ("length", 20), ("flags", ("MSG_WAITALL",)))
    host.next(payload=b"0123456789")
    assert host.assay.blocked() == (waiting,)
    host.next(payload=b"abcdefghij")
    host.collect()
    assert host.returned[waiting].get("octets") == b"0123456789abcdefghij"
    host.next(payload=b"peek")
    assert host.recv(10, "MSG_PEEK").get("octets") == b"peek"
    assert host.recv(10).get("octets") == b"peek"
    assert host.recv(10, "MSG_DONTWAIT").errno == "EAGAIN"


@pytest.mark.parametrize("end", ["fin", "cancel", "timeout"])
def test_waitall_cut_short_gives_what_it_has(host: Host, end: str) -> None:
    host.establish()
    if end == "timeout":
        names = ("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO")
        assert host.on("setsockopt", *names, ("timeout", 200)).errno is None
    waiting = host.begin("recv", ("fd", host.fd), ("length", 20), ("flags", ("MSG_WAITALL",)))
    host.next(payload=b"0123456789")
    if end == "fin":
        host.next(FIN | ACK)
    elif end == "cancel":
        host.assay.cancel(waiting, 0)
    host.advance(0.3)
    host.collect()
    assert host.returned[waiting].get("octets") == b"0123456789"


def test_receive_timeout(host: Host) -> None:
    host.establish()
    names = ("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO")
    host.on("setsockopt", *names, ("timeout", 200))
    waiting = host.begin("recv", ("fd", host.fd), ("length", 20))
    host.advance(0.19)
    assert host.assay.blocked() == (waiting,)
    host.advance(0.02)
    host.collect()
    assert host.returned[waiting].errno == "EAGAIN"


@pytest.mark.parametrize("how", ["close", "kill", "linger"])
def test_lost_text_is_told_by_a_reset(host: Host, how: str) -> None:
    host.establish()
    if how == "linger":
        names = ("name", "SOL_SOCKET"), ("name", "SO_LINGER")
        assert host.on("setsockopt", *names, ("linger", (1, 0))).errno is None
        host.send(b"queued")
        host.take()
    else:
        host.next(payload=b"unread")
    number = host.tcb.snd_nxt
    if how == "kill":
        host.assay.kill(0, "SIGKILL", 0)
    else:
        host.on("close")
    reset = host.only()
    assert (reset.flags, reset.seq) == (RST, number)
    assert host.state() == "CLOSED"


@pytest.mark.parametrize("state", [State.CLOSING, State.LAST_ACK, State.TIME_WAIT])
def test_late_abort_is_silent(host: Host, state: State) -> None:
    host.reach(state)
    host.on("setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0)))
    assert host.on("close").errno is None
    assert host.take() == []
    assert host.state() == "CLOSED"


@pytest.mark.parametrize("acked", [True, False])
def test_lingering_close_waits(host: Host, acked: bool) -> None:
    host.establish()
    host.on("setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 5)))
    host.send(b"last words")
    number = host.begin("close", ("fd", host.fd))
    assert host.assay.blocked() == (number,)
    if acked:
        host.next()
    else:
        host.advance(4.9)
        assert host.assay.blocked() == (number,)
        host.advance(0.2)
    host.collect()
    assert host.returned[number].value == 0
    assert host.state() == ("FIN-WAIT-2" if acked else "FIN-WAIT-1")


def test_fin_waits_for_queued_text(host: Host) -> None:
    host.establish(wnd=100)
    host.send(b"q" * 250)
    host.on("close")
    seen = b""
    for _ in range(3):
        segment = host.take()[-1]
        seen += segment.payload
        host.next(wnd=100)
    assert (seen, segment.flags) == (b"q" * 250, FIN | PSH | ACK)
    assert host.state() == "FIN-WAIT-2"


def test_shutdown_wakes_reader_and_keeps_receiving(host: Host) -> None:
    host.establish()
    assert host.on("shutdown", ("name", "SHUT_WR")).errno is None
    host.next(payload=b"late")
    assert host.recv().get("octets") == b"late"
    reader = host.begin("recv", ("fd", host.fd), ("length", 5))
    assert host.on("shutdown", ("name", "SHUT_RDWR")).errno is None
    assert host.returned[reader].get("octets") == b""
    assert [s.flags for s in host.take()] == [FIN | ACK]


READ = ("POLLIN", "POLLRDHUP", "POLLHUP", "POLLERR", "POLLOUT")


@pytest.mark.parametrize(
    ("event", "seen"),
    [
        ("nothing", {"POLLOUT"}),
        ("text", {"POLLIN", "POLLOUT"}),
        ("fin", {"POLLIN", "POLLRDHUP", "POLLOUT"}),
        ("rst", {"POLLIN", "POLLRDHUP", "POLLHUP", "POLLERR", "POLLOUT"}),
        ("both", {"POLLIN", "POLLRDHUP", "POLLHUP", "POLLOUT"}),
    ],
)
def test_poll(host: Host, event: str, seen: set[str]) -> None:
    host.establish()
    if event == "text":
        host.next(payload=b"x")
    elif event == "rst":
        host.peer(RST, host.tcb.rcv_nxt)
    elif event != "nothing":
        host.next(FIN | ACK)
    if event == "both":
        host.on("shutdown", ("name", "SHUT_WR"))
    polled = host.call("poll", ("pollfds", ((host.fd, READ), (77, ()))), ("timeout", 0))
    entries = polled.get("pollfds")
    assert isinstance(entries, tuple)
    assert set(entries[0][1]) == seen
    assert entries[1] == (77, ("POLLNVAL",))


def test_poll_waits_for_a_connection_or_its_time(host: Host) -> None:
    listener = host.listen()
    entry = ("pollfds", ((listener, ("POLLIN",)),))
    waiting = host.begin("poll", entry, ("timeout", -1))
    limited = host.begin("poll", entry, ("timeout", 1500))
    host.advance(1.6)
    host.collect()
    assert host.returned[limited].value == 0
    host.handshake()
    host.collect()
    assert host.returned[waiting].get("pollfds") == ((listener, ("POLLIN",)),)


def test_controls(host: Host) -> None:
    host.establish(wnd=0)
    host.next(payload=b"12345", wnd=0)
    host.send(b"123")
    assert host.on("ioctl", ("name", "FIONREAD")).get("value") == 5
    assert host.on("ioctl", ("name", "SIOCOUTQ")).get("value") == 3
    assert host.on("fcntl", ("name", "F_GETFL")).get("flags") == ("O_RDWR",)
    host.on("fcntl", ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)))
    assert host.on("fcntl", ("name", "F_GETFL")).get("flags") == ("O_RDWR", "O_NONBLOCK")
    host.on("ioctl", ("name", "FIONBIO"), ("value", 0))
    assert host.on("fcntl", ("name", "F_DUPFD"), ("value", 10)).value == 10
    for lowest in (-1, 1024):
        assert host.on("fcntl", ("name", "F_DUPFD"), ("value", lowest)).errno == "EINVAL"
    info = host.on("getsockopt", ("name", "IPPROTO_TCP"), ("name", "TCP_INFO")).get("state")
    assert isinstance(info, dict)
    assert (info["state"], info["snd.wnd"]) == ("ESTABLISHED", 0)


def test_connections_are_bounded_both_ways(make_host: type[Host]) -> None:
    host = make_host(max_connections=1)
    host.connect("SOCK_NONBLOCK")
    fd = ("fd", host.socket("SOCK_NONBLOCK"))
    assert host.call("connect", fd, ("address", ("192.0.2.2", 4001))).errno == "ENOBUFS"


def test_close_frees_what_nobody_can_read_any_more(host: Host) -> None:
    host.establish()
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next(FIN | ACK, payload=b"unread")
    assert host.state() == "TIME-WAIT"
    host.on("close")
    assert host.assay.read_stats()["queued_octets"] == 0


def test_shutdown_of_reading_reopens_the_window(make_host: type[Host]) -> None:
    host = make_host(rcv_buffer=4000)
    host.establish()
    host.next(payload=b"r" * 4000)
    assert host.only().wnd == 0
    host.on("shutdown", ("name", "SHUT_RD"))
    assert host.only().wnd == 4000
