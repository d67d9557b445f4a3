"""Echo (RFC 862), discard (RFC 863) and character generator (RFC 864), and how ports are served."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tcpassay.live import calls
from tcpassay.live.calls import CallFailed
from tcpassay.live.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from tcpassay.core.events import Returned
    from tcpassay.live.calls import Address, Request

    Handler = Callable[[Stream], Awaitable[None]]
    Start = Callable[[Coroutine[Request, Returned, object]], None]

ECHO_PORT: Final = 7
DISCARD_PORT: Final = 9
CHARGEN_PORT: Final = 19

#: How long to wait before accepting again when there is no descriptor left; seconds.
FULL_S: Final = 0.1
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
_LINE: Final = 72


async def serve(address: Address, ip: int, handler: Handler, start: Start) -> None:
    """Accept for ever; each connection is a program of its own, handed to `start`."""
    listener = await calls.listen(address, ip)
    while True:
        try:
            fd, peer = await calls.accept(listener)
        except CallFailed as failure:
            if failure.errno not in {"EMFILE", "ECONNABORTED", "ENOBUFS"}:
                raise
            await calls.pause(FULL_S)
            continue
        start(attend(Stream(fd, peer), handler))


async def attend(stream: Stream, handler: Handler) -> None:
    """One connection from its first octet to its end, by whichever side."""
    with suppress(CallFailed):  # Reset or gone: the descriptor is still ours to give back.
        await handler(stream)
    await stream.finish()


async def echo(stream: Stream) -> None:
    """What is received is sent back."""
    while octets := await stream.piece():
        await stream.send(octets)


async def discard(stream: Stream) -> None:
    """What is received is thrown away."""
    while await stream.piece():
        pass


async def chargen(stream: Stream) -> None:
    """Lines of 72 printable characters, each beginning one further on, until the peer is gone."""
    lines = pattern()
    while True:
        await stream.send(lines)


def pattern() -> bytes:
    """The lines of RFC 864 until they begin anew."""
    ring = _PRINTABLE * 2
    return b"".join(ring[at : at + _LINE] + b"\r\n" for at in range(len(_PRINTABLE)))
