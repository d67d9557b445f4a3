"""The app: socket calls made on the target's side, and what they have to return."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from tcpassay.conformance.error_classes import class_of
from tcpassay.conformance.match import ANY
from tcpassay.conformance.names import Names
from tcpassay.conformance.outcome import Unsupported
from tcpassay.core.trace import FieldDiff

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.core.events import Call, Returned, Tagged
    from tcpassay.core.trace import Entry


class Pending:
    """A call that has started; `returned` is set once it has come back."""

    __slots__ = ("bench", "call", "returned")

    def __init__(self, bench: Bench, call: Call) -> None:
        self.bench = bench
        self.call = call
        self.returned: Returned | None = None

    def expect_return(
        self,
        value: object = ANY,
        *,
        errno: str | tuple[str, ...] | None = None,
        octets: bytes | object = ANY,
        out: tuple[Tagged, ...] | object = ANY,
        after: float = 0.0,
        within: float = 1.0,
        since: Entry | None = None,
        requirement: str | None = None,
    ) -> Returned:
        """The call has to return within `within` seconds: well, or with one of these errors."""
        errors = (errno,) if isinstance(errno, str) else errno or ()
        start, since_n = self.bench.moment(since)
        self.bench.wait_until(lambda: self.returned is not None, self.bench.left(start, within))
        want: dict[str, object] = {
            "call": self.call.id,
            "after": after,
            "within": within,
            "since": since_n,
        }
        want |= {"errno": list(errors)} if errors else {}
        want |= {"value": value} if value is not ANY else {}
        want |= {"octets": octets} if octets is not ANY else {}
        want |= {"out": out} if out is not ANY else {}
        diff = self._diff(value, errors, octets) or self._out_diff(out)
        message = self._message(within, diff)
        if self.returned is not None and not diff:
            diff = self.bench.untimely(self.returned.t_ns - start, after, within)
            message = "".join(
                f"{self.call.name}() returned after {d.got}, wanted {d.want}" for d in diff
            )
        self.bench.judge(
            "return", want, met=not message, requirement=requirement, message=message, diff=diff
        )
        assert self.returned is not None  # noqa: S101 - judge has raised otherwise
        return self.returned

    def expect_blocked(self, *, requirement: str | None = None) -> None:
        """The call has to be waiting still."""
        self._refuse_unknown()
        self.bench.judge(
            "blocked",
            {"call": self.call.id},
            met=self.returned is None,
            requirement=requirement,
            message=f"{self.call.name}() should block, it returned {_told(self.returned)}",
        )

    def cancel(self) -> None:
        """Make the call return with EINTR."""
        from tcpassay.core.events import Cancel

        self.bench.execute(Cancel(self.call.id))

    def _diff(
        self, value: object, errors: tuple[str, ...], octets: object
    ) -> tuple[FieldDiff, ...]:
        got = self.returned
        self._refuse_unknown()
        if got is None:
            return ()
        if not self._error_as_wanted(got.errno, errors):
            return (FieldDiff("errno", got.errno or "none", " or ".join(errors) or "none"),)
        out: list[FieldDiff] = []
        if value is not ANY and got.value != value:
            out.append(FieldDiff("value", str(got.value), str(value)))
        if isinstance(octets, bytes) and got.get("octets") != octets:
            out.append(_octets_diff(got.get("octets"), octets))
        return tuple(out)

    def _out_diff(self, out: object) -> tuple[FieldDiff, ...]:
        """The first results that differ where all of them are wanted."""
        if self.returned is None or not isinstance(out, tuple) or self.returned.out == out:
            return ()
        pairs = zip_longest(self.returned.out, out)
        got, want = next(pair for pair in pairs if pair[0] != pair[1])
        return (FieldDiff("result", _shown(got), _shown(want)),)

    def _refuse_unknown(self) -> None:
        if self.returned is not None and self.returned.errno == "ENOSYS-AGENT":
            msg = f"the agent does not know {self.call.name}()"
            raise Unsupported(msg)

    def _error_as_wanted(self, got: str | None, errors: tuple[str, ...]) -> bool:
        if not errors or got is None or self.bench.has("errno"):
            return got in errors if errors else got is None
        return class_of(got) in map(class_of, errors)

    def _message(self, within: float, diff: tuple[FieldDiff, ...]) -> str:
        name = self.call.name
        if self.returned is None:
            return f"{name}() had not returned after {within:g} s"
        return f"{name}() returned {_told(self.returned)}" if diff else ""


class App:
    """A process on the target's side."""

    __slots__ = ("bench", "process")

    def __init__(self, bench: Bench, process: int) -> None:
        self.bench = bench
        self.process = process

    def begin(self, name: str, *args: Tagged) -> Pending:
        """Start any call by its POSIX name with tagged arguments."""
        return self.bench.start_call(self.process, name, args)

    def call(
        self,
        name: str,
        *args: Tagged,
        errno: str | tuple[str, ...] | None = None,
        requirement: str | None = None,
    ) -> Returned:
        """Make a call that has to return at once: well, or with one of these errors."""
        return self.begin(name, *args).expect_return(errno=errno, requirement=requirement)

    def socket(self, *flags: str, family: str | None = None) -> Socket:
        """A new TCP socket; `flags` such as SOCK_NONBLOCK."""
        family = family or ("AF_INET" if self.bench.ip == 4 else "AF_INET6")
        made = self.call(
            "socket", ("name", family), ("flags", ("SOCK_STREAM", *flags)), ("value", 0)
        )
        return Socket(self, made.value)

    @property
    def names(self) -> Names:
        """Calls about names of hosts and services."""
        return Names(self)

    def exit(self, status: int = 0) -> None:
        """End the process by itself; it does not return."""
        self.begin("_exit", ("value", status))

    def poll(self, *wanted: tuple[Socket, tuple[str, ...]], timeout_ms: int = 0) -> Pending:
        """Begin poll() over sockets of this process."""
        fds = tuple((socket.fd, events) for socket, events in wanted)
        return self.begin("poll", ("pollfds", fds), ("timeout", timeout_ms))

    def select(
        self,
        read: tuple[Socket, ...] = (),
        write: tuple[Socket, ...] = (),
        except_: tuple[Socket, ...] = (),
        timeout_ms: int = 0,
    ) -> Pending:
        """Begin select() over sockets of this process."""
        groups = (("fds", tuple(s.fd for s in group)) for group in (read, write, except_))
        return self.begin("select", *groups, ("timeout", timeout_ms))


class Socket:
    """A descriptor on the target's side.

    Each method makes one call, waits for it (`within` seconds) and judges it: it has to succeed,
    or to fail with `errno` (one name or several) where that is given. `begin` starts the call
    only and gives back what will return.
    """

    __slots__ = ("app", "fd")

    def __init__(self, app: App, fd: int) -> None:
        self.app = app
        self.fd = fd

    def begin(self, name: str, *args: Tagged) -> Pending:
        """Start a call on this descriptor."""
        return self.app.begin(name, ("fd", self.fd), *args)

    def call(
        self,
        name: str,
        *args: Tagged,
        errno: str | tuple[str, ...] | None = None,
        value: object = ANY,
        octets: bytes | object = ANY,
        within: float = 1.0,
        requirement: str | None = None,
    ) -> Returned:
        """Make a call on this descriptor and judge what it returns."""
        return self.begin(name, *args).expect_return(
            value, errno=errno, octets=octets, within=within, requirement=requirement
        )

    def bind(
        self,
        port: int = 0,
        address: str | None = None,
        *,
        errno: str | None = None,
        requirement: str | None = None,
    ) -> None:
        """bind(); the wildcard address where none is given."""
        where = (address or self.app.bench.any_address, port)
        self.call("bind", ("address", where), errno=errno, requirement=requirement)

    def listen(
        self, backlog: int = 5, *, errno: str | None = None, requirement: str | None = None
    ) -> None:
        """listen()."""
        self.call("listen", ("length", backlog), errno=errno, requirement=requirement)

    def accept(
        self, *, errno: str | None = None, within: float = 1.0, requirement: str | None = None
    ) -> Socket:
        """accept(); the new socket (of fd -1 where an error was wanted)."""
        made = self.call("accept", errno=errno, within=within, requirement=requirement)
        return Socket(self.app, made.value)

    def begin_accept(self) -> Pending:
        """Start accept()."""
        return self.begin("accept")

    def accepted(self, pending: Pending, *, requirement: str | None = None) -> Socket:
        """The socket that a begun accept() gives."""
        return Socket(self.app, pending.expect_return(requirement=requirement).value)

    def connect(
        self,
        port: int,
        address: str | None = None,
        *,
        errno: str | tuple[str, ...] | None = None,
        within: float = 1.0,
        requirement: str | None = None,
    ) -> None:
        """connect() to the peer."""
        self.begin_connect(port, address).expect_return(
            errno=errno, within=within, requirement=requirement
        )

    def begin_connect(self, port: int, address: str | None = None) -> Pending:
        """Start connect() to the peer."""
        return self.begin("connect", ("address", (address or self.app.bench.peer_address, port)))

    def send(
        self,
        data: bytes,
        *flags: str,
        errno: str | tuple[str, ...] | None = None,
        value: object = ANY,
        within: float = 1.0,
        requirement: str | None = None,
    ) -> int:
        """send(); all of `data` has to be taken unless `value` says otherwise.

        Unsupported where that is more than the target's send buffer.
        """
        wanted = len(data) if value is ANY and errno is None else value
        room = self.app.bench.manifest.limits.snd_buffer
        if wanted == len(data) > room:
            msg = f"send() of {len(data)} octets: the target takes {room} (limits.snd_buffer)"
            raise Unsupported(msg)
        return (
            self.begin_send(data, *flags)
            .expect_return(wanted, errno=errno, within=within, requirement=requirement)
            .value
        )

    def begin_send(self, data: bytes, *flags: str) -> Pending:
        """Start send()."""
        return self.begin("send", ("octets", data), ("flags", flags))

    def recv(
        self,
        length: int,
        *flags: str,
        want: bytes | object = ANY,
        errno: str | tuple[str, ...] | None = None,
        within: float = 1.0,
        requirement: str | None = None,
    ) -> bytes:
        """recv(); the octets (none where an error was wanted). `want=b""` is end-of-file."""
        got = self.begin_recv(length, *flags).expect_return(
            octets=want, errno=errno, within=within, requirement=requirement
        )
        return _as_octets(got) if got.errno is None else b""

    def begin_recv(self, length: int, *flags: str) -> Pending:
        """Start recv()."""
        return self.begin("recv", ("length", length), ("flags", flags))

    def shutdown(
        self, how: str = "SHUT_WR", *, errno: str | None = None, requirement: str | None = None
    ) -> None:
        """shutdown(SHUT_RD, SHUT_WR or SHUT_RDWR)."""
        self.call("shutdown", ("name", how), errno=errno, requirement=requirement)

    def close(self, *, errno: str | None = None, requirement: str | None = None) -> None:
        """close()."""
        self.call("close", errno=errno, requirement=requirement)

    def dup(self) -> Socket:
        """dup()."""
        return Socket(self.app, self.call("dup").value)

    def getsockname(self, *, errno: str | None = None) -> tuple[str, int]:
        """The local address and port."""
        return _address(self.call("getsockname", errno=errno))

    def getpeername(self, *, errno: str | None = None) -> tuple[str, int]:
        """The remote address and port."""
        return _address(self.call("getpeername", errno=errno))

    def set_option(
        self,
        level: str,
        option: str,
        value: int,
        *,
        errno: str | tuple[str, ...] | None = None,
        requirement: str | None = None,
    ) -> None:
        """setsockopt() with a number."""
        self.call(
            "setsockopt",
            ("name", level),
            ("name", option),
            ("value", value),
            errno=errno,
            requirement=requirement,
        )

    def set_linger(self, seconds: int) -> None:
        """SO_LINGER on, for `seconds` (0: close() aborts the connection)."""
        self.call(
            "setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, seconds))
        )

    def get_option(self, level: str, option: str, *, errno: str | None = None) -> int:
        """getsockopt() of a number (0 where an error was wanted)."""
        got = self.call("getsockopt", ("name", level), ("name", option), errno=errno)
        value = got.get("value") if got.errno is None else 0
        return value if isinstance(value, int) else 0

    def error(self) -> int:
        """SO_ERROR: the pending error, which is cleared; 0 for none."""
        return self.get_option("SOL_SOCKET", "SO_ERROR")

    def set_nonblocking(self) -> None:
        """O_NONBLOCK on."""
        self.call("fcntl", ("name", "F_SETFL"), ("flags", ("O_NONBLOCK",)))


def ready(returned: Returned, socket: Socket) -> tuple[str, ...]:
    """The events that poll() told of a socket."""
    told = returned.get("pollfds")
    if isinstance(told, (list, tuple)):
        for fd, events in told:
            if fd == socket.fd:
                return tuple(events)
    return ()


def _as_octets(returned: Returned) -> bytes:
    got = returned.get("octets")
    return got if isinstance(got, bytes) else b""


def _address(returned: Returned) -> tuple[str, int]:
    if returned.errno is not None:
        return ("", 0)
    got = returned.get("address")
    host, port = got if isinstance(got, (list, tuple)) else ("", 0)
    return str(host), int(port)


def _shown(result: object) -> str:
    match result:
        case (str(tag), value):
            return f"{tag} {value}"
        case _:
            return "none"


def _octets_diff(got: object, want: bytes) -> FieldDiff:
    def shown(data: object) -> str:
        if not isinstance(data, bytes):
            return "none"
        return f"{len(data)} octets {data[:16]!r}" if data else "end-of-file"

    return FieldDiff("octets", shown(got), shown(want))


def _told(returned: Returned | None) -> str:
    if returned is None:
        return "nothing"
    return returned.errno or str(returned.value)
