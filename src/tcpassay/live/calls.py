"""Socket calls as a program makes them: `await send(fd, octets)`.

A program is a coroutine. Each call suspends it, and the driver (`tcpassay.live.driver`) resumes
it when the stack lets the call return. So a program reads like one with blocking sockets, and any
number of them run in one thread.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, NamedTuple, cast

from tcpassay.core.errors import TcpassayError

if TYPE_CHECKING:
    from collections.abc import Generator

    from tcpassay.core.events import Returned, Tagged

Address = tuple[str, int]


class Request(NamedTuple):
    """A call that a program wants to be made."""

    name: str
    args: tuple[Tagged, ...]


class CallFailed(TcpassayError):  # noqa: N818 - what POSIX says: the call failed
    """A socket call returned -1; `errno` is the POSIX name."""

    exit_code = 1

    def __init__(self, name: str, errno: str) -> None:
        super().__init__(f"{name}() failed with {errno}")
        self.name = name
        self.errno = errno


@types.coroutine
def call(name: str, *args: Tagged) -> Generator[Request, Returned, Returned]:
    """Make the call `name`, as docs/targets.md lists it. Raises CallFailed."""
    returned = yield Request(name, args)
    if returned.errno is not None:
        raise CallFailed(name, returned.errno)
    return returned


async def socket(ip: int) -> int:
    """A stream socket for IP version `ip`; its descriptor."""
    family = "AF_INET" if ip == 4 else "AF_INET6"
    asked = await call("socket", ("name", family), ("flags", ("SOCK_STREAM",)), ("value", 0))
    return asked.value


async def listen(address: Address, ip: int, backlog: int = 64) -> int:
    """A listening socket at `address`."""
    fd = await socket(ip)
    await call(
        "setsockopt", ("fd", fd), ("name", "SOL_SOCKET"), ("name", "SO_REUSEADDR"), ("value", 1)
    )
    await call("bind", ("fd", fd), ("address", address))
    await call("listen", ("fd", fd), ("length", backlog))
    return fd


async def accept(fd: int) -> tuple[int, Address]:
    """The next connection: its descriptor, and where it comes from."""
    accepted = await call("accept", ("fd", fd))
    return accepted.value, cast("Address", accepted.get("address"))


async def connect(address: Address, ip: int) -> int:
    """A socket connected to `address`."""
    fd = await socket(ip)
    await call("connect", ("fd", fd), ("address", address))
    return fd


async def send(fd: int, octets: bytes) -> None:
    """Send all of `octets`; a call that takes a part is followed by another."""
    flags: Tagged = ("flags", ("MSG_NOSIGNAL",))
    while octets:
        taken = (await call("send", ("fd", fd), ("octets", octets), flags)).value
        octets = octets[taken:]


async def receive(fd: int, length: int = 65536) -> bytes:
    """At most `length` octets, at least one; none when the peer has sent all."""
    received = await call("recv", ("fd", fd), ("length", length), ("flags", ()))
    return cast("bytes", received.get("octets")) if received.value else b""


async def limit_waiting(fd: int, seconds: int) -> None:
    """Let receiving and sending fail with EAGAIN after `seconds` without an octet moving."""
    wait: Tagged = ("timeout", seconds * 1000)
    for option in ("SO_RCVTIMEO", "SO_SNDTIMEO"):
        await call("setsockopt", ("fd", fd), ("name", "SOL_SOCKET"), ("name", option), wait)


async def wait_at_close(fd: int, seconds: int) -> None:
    """Let close() return when all is acknowledged, or after `seconds`."""
    level, option = ("name", "SOL_SOCKET"), ("name", "SO_LINGER")
    await call("setsockopt", ("fd", fd), level, option, ("linger", (1, seconds)))


async def shut_down_sending(fd: int) -> None:
    """Send a FIN behind all that is queued."""
    await call("shutdown", ("fd", fd), ("name", "SHUT_WR"))


async def close(fd: int) -> None:
    """Give the descriptor back."""
    await call("close", ("fd", fd))


async def pause(seconds: float) -> None:
    """Let time pass."""
    await call("poll", ("pollfds", ()), ("timeout", round(seconds * 1000)))
