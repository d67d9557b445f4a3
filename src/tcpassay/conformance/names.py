"""Calls about names of hosts and services, made on the target's side, and what they must give.

Each method makes one call and judges it: it has to give what is wanted, all of it and in order, or
to fail with the h_errno or EAI code `error`.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.match import ANY

if TYPE_CHECKING:
    from tcpassay.conformance.app import App
    from tcpassay.core.events import Returned, Tagged

#: Room for a host and a service name, octets (NI_MAXHOST and NI_MAXSERV of most systems).
HOST_ROOM = 1025
SERVICE_ROOM = 32
#: The code that a call has to fail with, or several that are right; None for success.
Error = str | tuple[str, ...] | None
_PROTOCOLS = {"SOCK_STREAM": 6, "SOCK_DGRAM": 17, "SOCK_RAW": 0}


class Host(NamedTuple):
    """A struct hostent; the addresses as text, all of one family."""

    name: str
    aliases: tuple[str, ...]
    addresses: tuple[str, ...]


class Service(NamedTuple):
    """A struct servent; the port in host order."""

    name: str
    aliases: tuple[str, ...]
    port: int
    protocol: str


class Info(NamedTuple):
    """A struct addrinfo; `protocol` None is the one that goes with the type."""

    address: str
    port: int
    socktype: str = "SOCK_STREAM"
    protocol: int | None = None
    canonname: str = ""


class Hints(NamedTuple):
    """What getaddrinfo() is to return; "0" is any type of socket."""

    flags: tuple[str, ...] = ()
    family: str = "AF_UNSPEC"
    socktype: str = "SOCK_STREAM"
    protocol: int = 0


class Names:
    """The resolver as a process sees it."""

    __slots__ = ("_app",)

    def __init__(self, app: App) -> None:
        self._app = app

    def gethostbyname(self, name: str, want: Host | None = None, *, error: Error = None) -> None:
        """gethostbyname(): IPv4 addresses of a host."""
        self._call("gethostbyname", ("text", name), want=_host(want), error=error)

    def gethostbyaddr(
        self,
        address: str,
        want: Host | None = None,
        *,
        length: int | None = None,
        family: str | None = None,
        error: Error = None,
    ) -> None:
        """gethostbyaddr(); length and family are the address's own where not given."""
        octets = ip_address(address).packed
        size = len(octets) if length is None else length
        args = ("octets", octets), ("length", size), ("name", family or _family(address))
        self._call("gethostbyaddr", *args, want=_host(want), error=error)

    def getservbyname(self, name: str, protocol: str | None, want: Service | None) -> None:
        """getservbyname(); protocol None is any, want None a null pointer."""
        self._service("getservbyname", ("text", name), ("text", protocol), want=want)

    def getservbyport(self, port: int, protocol: str | None, want: Service | None) -> None:
        """getservbyport(); the port in host order."""
        self._service("getservbyport", ("value", port), ("text", protocol), want=want)

    def getaddrinfo(
        self,
        node: str | None,
        service: str | None,
        hints: Hints | None = None,
        want: tuple[Info, ...] = (),
        *,
        error: Error = None,
    ) -> int:
        """getaddrinfo(); hints None is a null pointer. The number of the list, for freeaddrinfo."""
        args: list[Tagged] = [("text", node), ("text", service)]
        if hints is not None:
            args += [("flags", hints.flags), ("name", hints.family), ("name", hints.socktype)]
            args += [("value", hints.protocol)]
        out = tuple(_info(info) for info in want)
        return self._call("getaddrinfo", *args, want=None if error else out, error=error).value

    def freeaddrinfo(self, number: int) -> None:
        """freeaddrinfo() of a list that getaddrinfo() gave."""
        self._call("freeaddrinfo", ("value", number), want=())

    def getnameinfo(
        self,
        address: str,
        port: int,
        *flags: str,
        want: tuple[str, str] | None = None,
        error: Error = None,
        host_room: int = HOST_ROOM,
        service_room: int = SERVICE_ROOM,
        size: int | None = None,
    ) -> Returned:
        """getnameinfo(); room 0 is for a name that is not wanted, `size` the address's length."""
        whole = 16 if _family(address) == "AF_INET" else 28
        lengths = (whole if size is None else size, host_room, service_room)
        out = None if want is None else tuple(("text", name) for name in want)
        return self._call(
            "getnameinfo",
            ("address", (address, port)),
            *(("length", length) for length in lengths),
            ("flags", flags),
            want=out,
            error=error,
        )

    def gai_strerror(self, code: str) -> str:
        """gai_strerror(): the text."""
        told = self._call("gai_strerror", ("name", code), want=None).get("text")
        return told if isinstance(told, str) else ""

    def _service(self, name: str, *args: Tagged, want: Service | None) -> None:
        if want is None:
            self._app.begin(name, *args).expect_return(0, out=())
            return
        entry = {"s_name": want.name, "s_port": want.port, "s_proto": want.protocol}
        self._call(name, *args, want=(("state", entry), ("texts", want.aliases)))

    def _call(
        self, name: str, *args: Tagged, want: tuple[Tagged, ...] | None, error: Error = None
    ) -> Returned:
        out = ANY if want is None else want
        return self._app.begin(name, *args).expect_return(errno=error, out=out)


def _family(address: str) -> str:
    return "AF_INET6" if ":" in address else "AF_INET"


def _host(want: Host | None) -> tuple[Tagged, ...] | None:
    if want is None:
        return None
    packed = [ip_address(address).packed for address in want.addresses]
    entry = {"h_name": want.name, "h_addrtype": _family(want.addresses[0])}
    results: list[Tagged] = [("state", entry | {"h_length": len(packed[0])})]
    results += [("texts", want.aliases), *(("octets", octets) for octets in packed)]
    return tuple(results)


def _info(want: Info) -> Tagged:
    protocol = _PROTOCOLS[want.socktype] if want.protocol is None else want.protocol
    told: dict[str, int | str] = {
        "ai_family": _family(want.address),
        "ai_socktype": want.socktype,
        "ai_protocol": protocol,
        "address": want.address,
        "port": want.port,
    }
    return "state", told | ({"ai_canonname": want.canonname} if want.canonname else {})
