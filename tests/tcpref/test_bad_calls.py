"""Bad input to every call gives the errno of POSIX, sends nothing and changes nothing."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpref.calls import CALLS
from tcpref.calls_options import OPTIONS
from tcpref.names_errors import EAI, TROUBLES
from tcpref.segment import ACK, FIN, RST, SYN
from tcpref.tcb import State
from tests.tcpref.conftest import PEER_PORT, Host
from tests.tcpref.snapshot import digest

if TYPE_CHECKING:
    from tests.tcpref.conftest import Returned

Tagged = tuple[str, object]
Row = tuple[str, tuple[Tagged, ...], str]

PEER = ("192.0.2.2", PEER_PORT)
OWN = ("192.0.2.1", 2000)
LEVELS = ("SOL_SOCKET", "IPPROTO_TCP", "IPPROTO_IP", "IPPROTO_IPV6", "SOL_NOTHING", "", 0x7F00)
#: The calls about one descriptor, with arguments that would do.
ON_DESCRIPTOR: dict[str, tuple[Tagged, ...]] = {
    "accept": (),
    "accept4": (("flags", ()),),
    "bind": (("address", OWN),),
    "close": (),
    "connect": (("address", PEER),),
    "dup": (),
    "fcntl": (("name", "F_GETFL"),),
    "getpeername": (),
    "getsockname": (),
    "getsockopt": (("name", "SOL_SOCKET"), ("name", "SO_TYPE")),
    "ioctl": (("name", "FIONREAD"),),
    "listen": (("length", 5),),
    "recv": (("length", 5), ("flags", ())),
    "recvmsg": (("length", 5), ("flags", ())),
    "send": (("octets", b"x"), ("flags", ())),
    "sendmsg": (("octets", b"x"), ("flags", ())),
    "setsockopt": (("name", "SOL_SOCKET"), ("name", "SO_REUSEADDR"), ("value", 1)),
    "shutdown": (("name", "SHUT_WR"),),
}
#: The rest: about a process, several descriptors, or names.
OTHERS = {
    "_exit", "freeaddrinfo", "gai_strerror", "getaddrinfo", "gethostbyaddr", "gethostbyname",
    "getnameinfo", "getservbyname", "getservbyport", "poll", "select", "setrlimit", "socket",
}  # fmt: skip


def refused(host: Host, name: str, *args: Tagged, process: int = 0) -> Returned:
    """A call that must fail, or find nothing, at once, and leave everything as it was."""
    host.take()
    before = digest(host.assay)
    number = host.begin(name, *args, process=process)
    assert number in host.returned, f"{name}{args} blocks"
    assert host.take() == [], f"{name}{args} sends"
    assert digest(host.assay) == before, f"{name}{args} changes something"
    return host.returned[number]


def errno_of(host: Host, name: str, *args: Tagged, process: int = 0) -> str | None:
    """The errno of a call that changes nothing."""
    return refused(host, name, *args, process=process).errno


def test_every_call_is_here() -> None:
    assert set(ON_DESCRIPTOR) | OTHERS == set(CALLS)
    assert not set(ON_DESCRIPTOR) & OTHERS


# Descriptors.
@pytest.mark.parametrize("name", ON_DESCRIPTOR)
@pytest.mark.parametrize(
    ("descriptor", "wanted"),
    [
        (0, "ENOTSOCK"),
        (1, "ENOTSOCK"),
        (2, "ENOTSOCK"),
        (-1, "EBADF"),
        (5, "EBADF"),
        (1 << 40, "EBADF"),
        ("3", "EBADF"),
        (None, "EBADF"),
        (3.0, "EBADF"),
        ((3,), "EBADF"),
    ],
    ids=str,
)
def test_descriptor_that_is_no_socket(
    host: Host, name: str, descriptor: object, wanted: str
) -> None:
    host.establish()
    assert errno_of(host, name, ("fd", descriptor), *ON_DESCRIPTOR[name]) == wanted


@pytest.mark.parametrize("name", ON_DESCRIPTOR)
def test_descriptor_missing_closed_or_of_another_process(host: Host, name: str) -> None:
    host.establish()
    args = ON_DESCRIPTOR[name]
    assert errno_of(host, name, *args) == "EBADF"
    host.assay.spawn(1, None, None, host.now)
    assert errno_of(host, name, ("fd", host.fd), *args, process=1) == "EBADF"
    assert errno_of(host, name, ("fd", host.fd), *args, process=9) == "ESRCH"
    host.on("close")
    assert errno_of(host, name, ("fd", host.fd), *args) == "EBADF"


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("descriptor", [-1, 99, 1 << 40])
def test_select_on_what_is_not_open(host: Host, index: int, descriptor: int) -> None:
    host.establish()
    sets: list[Tagged] = [("fds", ())] * 3
    sets[index] = ("fds", (host.fd, descriptor))
    assert errno_of(host, "select", *sets, ("timeout", -1)) == "EBADF"


def test_poll_on_what_is_not_open(host: Host) -> None:
    host.establish()
    told = refused(host, "poll", ("pollfds", ((99, ("POLLIN",)), (-1, ()))), ("timeout", -1))
    assert (told.value, told.get("pollfds")) == (1, ((99, ("POLLNVAL",)), (-1, ())))


# Arguments of the wrong type, or none.
WRONG: dict[str, tuple[object, ...]] = {
    "length": ("5", None, b"", (5,), 2.5),
    "octets": ("x", None, 5, (b"x",)),
    "name": (None, b"SOL_SOCKET", ("SOL_SOCKET",), 1.5),
    "address": (None, "192.0.2.2", ("192.0.2.2",), ("192.0.2.2", "80"), (b"\xc0\0\2\2", 80), 5,
                ("192.0.2.2", 80, 0), ("192.0.2.2", -1), ("192.0.2.2", 65_536), ("", 80),
                ("192.0.2", 80), ("192.0.2.256", 80), ("name", 80), ("192.0.2.2.1", 80)),
    "flags": (5, "MSG_PEEK", b"MSG_PEEK", 1.0),
    "value": ("1", None, b"1", (1,)),
}  # fmt: skip
#: A level or option that is None, octets or a list is an argument that is not there at all.
OPTIONAL = {("fcntl", "value"), ("getsockname", "length"), ("getpeername", "length")}


def wrongly_typed() -> Iterator[Row]:
    """Each argument of each call left out, and of each wrong type."""
    for name, args in ON_DESCRIPTOR.items():
        for place, (tag, _) in enumerate(args):
            for value in WRONG[tag]:
                yield name, (*args[:place], (tag, value), *args[place + 1 :]), "EINVAL"
            if tag != "flags":
                yield name, (*args[:place], *args[place + 1 :]), "EINVAL"


@pytest.mark.parametrize("name", [name for name, args in ON_DESCRIPTOR.items() if args])
def test_argument_of_a_wrong_type(make_host: type[Host], name: str) -> None:
    rows = [(args, wanted) for call, args, wanted in wrongly_typed() if call == name]
    assert rows
    for args, wanted in rows:
        host = make_host()
        arrange_for(host, name)
        assert errno_of(host, name, ("fd", host.fd), *args) == wanted, args


def arrange_for(host: Host, name: str) -> None:
    """A socket for which the call with good arguments would go well."""
    if name in ("accept", "accept4"):
        host.fd = host.listen()
        host.handshake()
    elif name in ("bind", "connect", "listen"):
        host.fd = host.socket()
    else:
        host.establish()
        host.next(payload=b"abc")
    host.advance(1)


# Flags, lengths, commands, addresses, levels and options.
NO_FLAG = ("flags", ("MSG_NOTHING",))
TCP, IPV6 = (("name", "IPPROTO_TCP"),), (("name", "IPPROTO_IPV6"),)
ARGUMENTS: list[Row] = [
    ("recv", (("length", -1), ("flags", ())), "EINVAL"),
    ("recvmsg", (("length", -1), ("flags", ())), "EINVAL"),
    ("recv", (("length", 1), NO_FLAG), "EOPNOTSUPP"),
    ("recvmsg", (("length", 1), NO_FLAG), "EOPNOTSUPP"),
    ("recv", (("length", 1), ("flags", ("MSG_PEEK", "MSG_ERRQUEUE"))), "EOPNOTSUPP"),
    ("recv", (("length", 1), ("flags", ("MSG_OOB",))), "EINVAL"),
    ("send", (("octets", b"x"), NO_FLAG), "EOPNOTSUPP"),
    ("sendmsg", (("octets", b"x"), NO_FLAG), "EOPNOTSUPP"),
    ("sendmsg", (("octets", b"x"), ("flags", ()), ("address", PEER)), "EISCONN"),
    ("getsockname", (("length", -1),), "EINVAL"),
    ("getsockname", (("length", "16"),), "EINVAL"),
    ("getpeername", (("length", -1),), "EINVAL"),
    ("accept", (), "EINVAL"),
    ("accept4", (("flags", ("SOCK_STREAM",)),), "EINVAL"),
    ("bind", (("address", OWN),), "EINVAL"),
    ("listen", (("length", 5),), "EINVAL"),
    ("connect", (("address", PEER),), "EISCONN"),
    ("connect", (("address", ("2001:db8::2", 80)),), "EISCONN"),
    ("shutdown", (("name", "SHUT_UP"),), "EINVAL"),
    ("shutdown", (("name", 3),), "EINVAL"),
    ("fcntl", (("name", "F_NOTHING"),), "EINVAL"),
    ("fcntl", (("name", "F_SETFL"), ("flags", "O_NONBLOCK")), "EINVAL"),
    ("fcntl", (("name", "F_SETFD"), ("flags", 1)), "EINVAL"),
    ("fcntl", (("name", "F_DUPFD"), ("value", -1)), "EINVAL"),
    ("fcntl", (("name", "F_DUPFD"), ("value", 1 << 20)), "EINVAL"),
    ("fcntl", (("name", "F_DUPFD_CLOEXEC"), ("value", "4")), "EINVAL"),
    ("fcntl", (("name", "F_SETOWN"), ("value", 77)), "ESRCH"),
    ("fcntl", (("name", "F_SETOWN"),), "EINVAL"),
    ("ioctl", (("name", "SIOCNOTHING"),), "EINVAL"),
    ("ioctl", (("name", "FIONBIO"),), "EINVAL"),
    ("ioctl", (("name", "FIONBIO"), ("value", "1")), "EINVAL"),
    ("setsockopt", (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("value", 1)), "EINVAL"),
    ("setsockopt", (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1,))), "EINVAL"),
    ("setsockopt", (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, -1))), "EINVAL"),
    ("setsockopt", (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, "1"))), "EINVAL"),
    ("setsockopt", (("name", "SOL_SOCKET"), ("name", "SO_RCVTIMEO"), ("value", 1)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_MAXSEG"), ("value", 0)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_MAXSEG"), ("value", 1 << 20)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_KEEPCNT"), ("value", 128)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_KEEPIDLE"), ("value", 0)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_KEEPINTVL"), ("value", -1)), "EINVAL"),
    ("setsockopt", (*TCP, ("name", "TCP_USER_TIMEOUT"), ("value", -1)), "EINVAL"),
    ("setsockopt", (*IPV6, ("name", "IPV6_V6ONLY"), ("value", 1)), "ENOPROTOOPT"),
    ("getsockopt", (*IPV6, ("name", "IPV6_V6ONLY")), "ENOPROTOOPT"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "wanted"), ARGUMENTS, ids=str)
def test_bad_argument_on_a_connection(
    host: Host, name: str, args: tuple[Tagged, ...], wanted: str
) -> None:
    host.establish()
    set_something(host)
    assert errno_of(host, name, ("fd", host.fd), *args) == wanted


def set_something(host: Host) -> None:
    """Leave no flag and no option as it was, so that one that goes back is noticed."""
    host.on("fcntl", ("name", "F_SETOWN"), ("value", 0))
    host.on("fcntl", ("name", "F_SETFD"), ("flags", ("FD_CLOEXEC",)))
    host.on("fcntl", ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)))
    host.on("setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 5)))
    host.option("SO_KEEPALIVE", 1)
    host.option("SO_OOBINLINE", 1)
    for option in ("TCP_NODELAY", "TCP_KEEPCNT", "TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        host.option(option, 5, "IPPROTO_TCP")
    host.option("TCP_USER_TIMEOUT", 5000, "IPPROTO_TCP")


@pytest.mark.parametrize("name", ["getsockopt", "setsockopt"])
def test_every_level_with_every_option_of_another(host: Host, name: str) -> None:
    host.establish()
    options = {option for _, option in OPTIONS} | {"SO_NOTHING", "", "7", "TCP_CORK"}
    tried = 0
    for level in LEVELS:
        for option in sorted(options):
            if (level, option) not in OPTIONS:
                names = ("name", level), ("name", option)
                assert errno_of(host, name, ("fd", host.fd), *names, ("value", 1)) == "ENOPROTOOPT"
                tried += 1
    assert tried > 100


def test_options_that_can_only_be_read(host: Host) -> None:
    host.establish()
    names = [names for names, option in OPTIONS.items() if option.set is None]
    assert ("SOL_SOCKET", "SO_ERROR") in names
    for level, option in names:
        args = ("name", level), ("name", option), ("value", 1)
        assert errno_of(host, "setsockopt", ("fd", host.fd), *args) == "ENOPROTOOPT"


@pytest.mark.parametrize("value", [None, "1", b"1", (1,), 1.5])
def test_values_of_a_wrong_type_for_every_option(host: Host, value: object) -> None:
    host.fd = host.socket()
    for level, option in [names for names, option in OPTIONS.items() if option.set is not None]:
        tags = ("value", value), ("timeout", value), ("linger", value)
        wanted = "ENOPROTOOPT" if level == "IPPROTO_IPV6" else "EINVAL"
        args = ("name", level), ("name", option), *tags
        assert errno_of(host, "setsockopt", ("fd", host.fd), *args) == wanted


@pytest.mark.parametrize(
    ("address", "bound", "connected"),
    [
        (("2001:db8::2", 80), "EAFNOSUPPORT", "EAFNOSUPPORT"),
        (("::ffff:192.0.2.2", 80), "EAFNOSUPPORT", "EAFNOSUPPORT"),
        (("192.0.2.9", 2000), "EADDRNOTAVAIL", None),
        (("224.0.0.1", 2000), "EADDRNOTAVAIL", "ENETUNREACH"),
        (("255.255.255.255", 2000), "EADDRNOTAVAIL", "ENETUNREACH"),
        (("192.0.2.255", 2000), "EADDRNOTAVAIL", "ENETUNREACH"),
        (("0.0.0.0", 2000), None, "ENETUNREACH"),  # noqa: S104 - the wildcard
        (("192.0.2.1", 2000), None, "ENETUNREACH"),
        (("127.0.0.1", 2000), "EADDRNOTAVAIL", "ENETUNREACH"),
        (("192.0.2.2", 0), "EADDRNOTAVAIL", "EADDRNOTAVAIL"),
    ],
    ids=str,
)
def test_addresses(
    host: Host, address: tuple[str, int], bound: str | None, connected: str | None
) -> None:
    host.fd = host.socket()
    for name, wanted in (("bind", bound), ("connect", connected)):
        if wanted is not None:
            assert errno_of(host, name, ("fd", host.fd), ("address", address)) == wanted


SOCKETS: list[tuple[tuple[Tagged, ...], str]] = [
    ((("name", "AF_UNIX"), ("flags", ("SOCK_STREAM",)), ("value", 0)), "EAFNOSUPPORT"),
    ((("name", 99), ("flags", ("SOCK_STREAM",)), ("value", 0)), "EAFNOSUPPORT"),
    ((("name", "AF_INET"), ("flags", ("SOCK_DGRAM",)), ("value", 0)), "EPROTOTYPE"),
    ((("name", "AF_INET"), ("flags", ("SOCK_RDM",)), ("value", 0)), "EPROTOTYPE"),
    ((("name", "AF_INET"), ("flags", ()), ("value", 0)), "EPROTOTYPE"),
    ((("name", "AF_INET"), ("flags", ("SOCK_STREAM", "SOCK_FAST")), ("value", 0)), "EPROTOTYPE"),
    ((("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 17)), "EPROTONOSUPPORT"),
    ((("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", -1)), "EPROTONOSUPPORT"),
    ((("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", "6")), "EINVAL"),
    ((("name", "AF_INET"), ("flags", 1), ("value", 0)), "EINVAL"),
    ((("flags", ("SOCK_STREAM",)), ("value", 0)), "EINVAL"),
    ((), "EINVAL"),
]


@pytest.mark.parametrize(("args", "wanted"), SOCKETS, ids=str)
def test_sockets_that_cannot_be(host: Host, args: tuple[Tagged, ...], wanted: str) -> None:
    host.establish()
    assert errno_of(host, "socket", *args) == wanted


PROCESS_CALLS: list[Row] = [
    ("setrlimit", (("name", "RLIMIT_CPU"), ("value", 9)), "EINVAL"),
    ("setrlimit", (("name", "RLIMIT_NOFILE"), ("value", -1)), "EINVAL"),
    ("setrlimit", (("name", "RLIMIT_NOFILE"), ("value", "9")), "EINVAL"),
    ("setrlimit", (("name", "RLIMIT_NOFILE"),), "EINVAL"),
    ("_exit", (("value", "0"),), "EINVAL"),
    ("poll", (("pollfds", 5), ("timeout", 0)), "EINVAL"),
    ("poll", (("pollfds", ((3,),)), ("timeout", 0)), "EINVAL"),
    ("poll", (("pollfds", (("3", ()),)), ("timeout", 0)), "EINVAL"),
    ("poll", (("pollfds", ((3, "POLLIN"),)), ("timeout", 0)), "EINVAL"),
    ("poll", (("pollfds", ()), ("timeout", "0")), "EINVAL"),
    ("poll", (("timeout", 0),), "EINVAL"),
    ("select", (("fds", 3), ("timeout", 0)), "EINVAL"),
    ("select", (("fds", ("3",)), ("timeout", 0)), "EINVAL"),
    ("select", (("fds", ()), ("timeout", b"")), "EINVAL"),
    ("freeaddrinfo", (("value", 1),), "EINVAL"),
    ("freeaddrinfo", (), "EINVAL"),
    ("getnameinfo", (), "EAI_FAMILY"),
    ("gethostbyname", (("text", 5),), "EINVAL"),
    ("getservbyport", (("value", "80"), ("text", None)), "EINVAL"),
    ("gethostbyaddr", (("octets", "x"), ("length", 4), ("name", "AF_INET")), "EINVAL"),
    ("getaddrinfo", (("text", None), ("text", None)), "EAI_NONAME"),
    ("getaddrinfo", (("text", "www"), ("text", None), ("flags", ("AI_NOTHING",))), "EINVAL"),
    (
        "getaddrinfo",
        (
            ("text", "www"),
            ("text", None),
            ("flags", ("AI_NOTHING",)),
            ("name", "AF_UNSPEC"),
            ("name", "SOCK_STREAM"),
            ("value", 0),
        ),
        "EAI_BADFLAGS",
    ),
    ("teleport", (), "ENOSYS-AGENT"),
]


@pytest.mark.parametrize(("name", "args", "wanted"), PROCESS_CALLS, ids=str)
def test_bad_argument_of_other_calls(
    host: Host, name: str, args: tuple[Tagged, ...], wanted: str
) -> None:
    host.establish()
    assert errno_of(host, name, *args) == wanted


def test_limit_above_the_ceiling_is_for_the_privileged(host: Host) -> None:
    host.assay.spawn(1, None, 1000, host.now)
    args = ("name", "RLIMIT_NOFILE"), ("value", 1 << 20)
    assert errno_of(host, "setrlimit", *args, process=1) == "EPERM"


# Sockets in a state that the call does not fit.
def fresh(host: Host) -> None:
    host.fd = host.socket()


def bound(host: Host) -> None:
    fresh(host)
    host.on("bind", ("address", OWN))


def listening(host: Host) -> None:
    host.fd = host.listen()


def connecting(host: Host) -> None:
    host.reach(State.SYN_SENT)


def connected(host: Host) -> None:
    host.establish()


def shut(host: Host) -> None:
    """Both directions shut down by the application."""
    host.establish()
    host.on("shutdown", ("name", "SHUT_RDWR"))


def ended(host: Host) -> None:
    """Both sides have closed, and nothing is left of the connection."""
    host.establish()
    host.next(FIN | ACK)
    host.on("shutdown", ("name", "SHUT_WR"))
    host.next()


def refused_by_peer(host: Host) -> None:
    """connect() was refused, and said so."""
    host.fd = host.socket()
    number = host.begin("connect", ("fd", host.fd), ("address", PEER))
    host.local_port = host.tcb.key[1]
    host.peer(RST | ACK, 0, host.only().seq + 1)
    host.collect()
    assert host.returned[number].errno == "ECONNREFUSED"


class InState(NamedTuple):
    """A way into a state, and the errno of the calls that fail there."""

    enter: Callable[[Host], None]
    errors: dict[str, str]


NOT_CONNECTED = {
    "accept": "EINVAL", "accept4": "EINVAL", "getpeername": "ENOTCONN", "recv": "ENOTCONN",
    "recvmsg": "ENOTCONN", "send": "ENOTCONN", "sendmsg": "ENOTCONN", "shutdown": "ENOTCONN",
}  # fmt: skip
WRONG_STATE = {
    "fresh": InState(fresh, NOT_CONNECTED),
    "bound": InState(bound, {**NOT_CONNECTED, "bind": "EINVAL"}),
    "listening": InState(
        listening,
        {
            "accept": "EAGAIN",
            "bind": "EINVAL",
            "connect": "EOPNOTSUPP",
            "getpeername": "ENOTCONN",
            "ioctl": "EINVAL",
            "recv": "ENOTCONN",
            "recvmsg": "ENOTCONN",
            "send": "ENOTCONN",
            "sendmsg": "ENOTCONN",
            "shutdown": "ENOTCONN",
        },
    ),
    "connecting": InState(
        connecting,
        {
            "accept": "EINVAL",
            "accept4": "EINVAL",
            "bind": "EINVAL",
            "connect": "EALREADY",
            "getpeername": "ENOTCONN",
            "listen": "EINVAL",
            "recv": "EAGAIN",
            "recvmsg": "EAGAIN",
            "shutdown": "ENOTCONN",
        },
    ),
    "connected": InState(
        connected,
        {
            "accept": "EINVAL",
            "accept4": "EINVAL",
            "bind": "EINVAL",
            "connect": "EISCONN",
            "listen": "EINVAL",
            "recv": "EAGAIN",
            "recvmsg": "EAGAIN",
        },
    ),
    "shut": InState(
        shut,
        {
            "accept": "EINVAL",
            "bind": "EINVAL",
            "connect": "EISCONN",
            "getpeername": "EINVAL",
            "listen": "EINVAL",
            "send": "EPIPE",
            "sendmsg": "EPIPE",
        },
    ),
    "ended": InState(
        ended,
        {
            "accept": "EINVAL",
            "bind": "EINVAL",
            "connect": "EISCONN",
            "getpeername": "ENOTCONN",
            "listen": "EINVAL",
            "send": "EPIPE",
            "sendmsg": "EPIPE",
            "shutdown": "ENOTCONN",
        },
    ),
    "refused": InState(
        refused_by_peer,
        {
            **NOT_CONNECTED,
            "bind": "EINVAL",
            "connect": "EINVAL",
            "listen": "EINVAL",
        },
    ),
}


@pytest.mark.parametrize("state", WRONG_STATE)
def test_wrong_state(make_host: type[Host], state: str) -> None:
    enter, errors = WRONG_STATE[state]
    for name, wanted in errors.items():
        host = make_host()
        enter(host)
        host.on("fcntl", ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)))
        host.advance(1)
        assert errno_of(host, name, ("fd", host.fd), *ON_DESCRIPTOR[name]) == wanted, name


def test_port_of_another_socket(host: Host) -> None:
    host.listen(port=2000)
    host.fd = host.socket()
    assert errno_of(host, "bind", ("fd", host.fd), ("address", OWN)) == "EADDRINUSE"


def test_port_of_the_privileged(host: Host) -> None:
    host.assay.spawn(1, None, 1000, host.now)
    fd = host.socket(process=1)
    args = ("fd", fd), ("address", ("192.0.2.1", 80))
    assert errno_of(host, "bind", *args, process=1) == "EACCES"


def test_tables_that_are_full(make_host: type[Host]) -> None:
    host = make_host(max_descriptors=4, max_connections=1)
    host.fd = host.listen()
    host.handshake()
    host.advance(1)
    made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)
    assert errno_of(host, "socket", *made) == "EMFILE"
    assert errno_of(host, "accept", ("fd", host.fd)) == "EMFILE"
    assert errno_of(host, "dup", ("fd", host.fd)) == "EMFILE"
    host.on("close")
    host.peer(SYN, 9000, port=4001)
    fd = host.socket()
    host.assay.stack.connections.setdefault((b"", 0, b"", 0), host.assay.kernel)  # type: ignore[arg-type]
    assert errno_of(host, "connect", ("fd", fd), ("address", PEER)) == "ENOBUFS"


# Any call with any arguments.
KNOWN = (
    set(errno.errorcode.values())
    | set(EAI)
    | {trouble[0] for trouble in TROUBLES.values() if trouble}
    | {"HOST_NOT_FOUND", "NO_DATA", "NO_RECOVERY", "TRY_AGAIN", "ENOSYS-AGENT"}
)
WORDS = st.sampled_from(
    [
        "AF_INET", "AF_INET6", "SOL_SOCKET", "IPPROTO_TCP", "IPPROTO_IPV6", "SHUT_RD", "SHUT_WR",
        "SHUT_RDWR", "F_GETFL", "F_SETFL", "F_GETFD", "F_SETFD", "F_DUPFD", "F_SETOWN", "F_GETOWN",
        "FIONREAD", "FIONBIO", "SIOCOUTQ", "SIOCATMARK", "RLIMIT_NOFILE", "www", "", "\ud800",
        *(option for _, option in OPTIONS),
    ]
)  # fmt: skip
FLAGS = st.lists(
    st.sampled_from(
        [
            "MSG_OOB", "MSG_PEEK", "MSG_DONTWAIT", "MSG_WAITALL", "MSG_NOSIGNAL", "MSG_NOTHING",
            "SOCK_STREAM", "SOCK_DGRAM", "SOCK_NONBLOCK", "SOCK_CLOEXEC", "O_NONBLOCK",
            "FD_CLOEXEC",
        ]
    ),
    max_size=3,
).map(tuple)  # fmt: skip
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 4, 5, 6, 80, 500, 65_536, 1 << 31, 1 << 70])
HOSTS = st.sampled_from(
    ["192.0.2.1", "192.0.2.2", "0.0.0.0", "::", "::1", "2001:db8::2", "x", ""]  # noqa: S104
)
JUNK = st.one_of(st.none(), st.text(max_size=3), st.binary(max_size=3), NUMBERS, st.floats())
POLLED = st.tuples(NUMBERS, st.just(("POLLIN", "POLLOUT", "POLLPRI")))
VALUES: dict[str, st.SearchStrategy[object]] = {
    "fd": NUMBERS,
    "fds": st.lists(NUMBERS, max_size=2).map(tuple),
    "pollfds": st.lists(POLLED, max_size=2).map(tuple),
    "address": st.tuples(HOSTS, NUMBERS),
    "flags": FLAGS,
    "name": st.one_of(WORDS, NUMBERS),
    "text": st.one_of(WORDS, HOSTS, st.none()),
    "octets": st.binary(max_size=40),
    "length": NUMBERS,
    "value": NUMBERS,
    "linger": st.tuples(NUMBERS, NUMBERS),
    "timeout": NUMBERS,
}
ARGUMENT = st.sampled_from(sorted(VALUES)).flatmap(
    lambda tag: st.tuples(st.just(tag), st.one_of(VALUES[tag], VALUES[tag], JUNK))
)
#: Arguments that a call has, most of them good, so that calls get beyond their first check.
USUAL = st.tuples(
    NUMBERS.map(lambda value: ("fd", value)),
    FLAGS.map(lambda value: ("flags", value)),
    NUMBERS.map(lambda value: ("length", value)),
    st.one_of(st.just(b"text"), JUNK).map(lambda value: ("octets", value)),
    VALUES["address"].map(lambda value: ("address", value)),
    WORDS.map(lambda value: ("name", value)),
    WORDS.map(lambda value: ("name", value)),
    NUMBERS.map(lambda value: ("value", value)),
)
ANY_CALL = st.tuples(
    st.sampled_from(sorted(CALLS)), st.one_of(st.lists(ARGUMENT, max_size=5).map(tuple), USUAL)
)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(calls=st.lists(ANY_CALL, min_size=1, max_size=25))
def test_any_call_with_any_arguments(calls: list[tuple[str, tuple[Tagged, ...]]]) -> None:
    host = Host()
    host.establish()
    host.next(payload=b"something to read")
    for name, args in calls:
        number = host.begin(name, *args)
        got = host.returned.get(number)
        if got is None:
            assert number in host.assay.blocked() or name == "_exit"
        elif got.errno is not None:
            assert got.errno in KNOWN, got
            assert got.value == -1
        host.advance(0.1)
    host.assay.kill(0, "SIGKILL", host.now)
    host.advance(2000)
    stats = host.assay.read_stats()
    assert {name: stats[name] for name in ("connections", "timers", "blocked_calls")} == {
        "connections": 0,
        "timers": 0,
        "blocked_calls": 0,
    }
