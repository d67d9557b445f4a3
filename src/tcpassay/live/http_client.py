"""An HTTP/1.1 client for one GET."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import tcpassay
from tcpassay.core.errors import TcpassayError
from tcpassay.live import calls
from tcpassay.live.calls import CallFailed
from tcpassay.live.http_message import (
    BadMessage,
    UpToTheEnd,
    build_head,
    declared_body,
    read_head,
)
from tcpassay.live.stream import Stream, StreamEnded

if TYPE_CHECKING:
    from typing import BinaryIO

    from tcpassay.live.calls import Address
    from tcpassay.live.http_message import Body, Head
    from tcpassay.live.url import Url

#: Seconds after which a server that sends nothing is given up; and for the FIN to be answered.
STALL_S: Final = 60
LINGER_S: Final = 5

_WHY: Final = {
    "ECONNREFUSED": "nobody listens there",
    "ETIMEDOUT": "there is no answer",
    "EHOSTUNREACH": "no route leads there",
    "ENETUNREACH": "it is no address of another host",
    "ECONNRESET": "the server reset the connection",
    "EAGAIN": f"nothing has moved for {STALL_S} s",
}


class TransferFailed(TcpassayError):  # noqa: N818 - what it is, not that it went wrong
    """The transfer did not succeed: no connection, an answer that is not 200, too few octets."""

    exit_code = 1


async def fetch(url: Url, address: Address, ip: int, into: BinaryIO) -> int:
    """GET `url` from `address` and write the body to `into`; its octets. Raises TransferFailed."""
    try:
        stream = Stream(await calls.connect(address, ip), address)
        await calls.limit_waiting(stream.fd, STALL_S)
        size = await _get(stream, url, into)
    except CallFailed as failure:
        reason = _WHY.get(failure.errno)
        raise TransferFailed(f"{url}: {failure}{f': {reason}' if reason else ''}") from None
    except (BadMessage, StreamEnded) as error:
        raise TransferFailed(f"{url}: the answer is broken: {error}") from None
    await _part(stream)
    return size


async def _get(stream: Stream, url: Url, into: BinaryIO) -> int:
    """Ask, and take the body; its octets."""
    fields = {
        "Host": url.authority,
        "User-Agent": f"tcpassay/{tcpassay.__version__}",
        "Connection": "close",
    }
    await stream.send(build_head(f"GET {url.target} HTTP/1.1", fields))
    head = await _final_head(stream)
    if head.start[1] != "200":
        raise TransferFailed(f"{url}: the server answered {' '.join(head.start[1:])}")
    body: Body = declared_body(stream, head) or UpToTheEnd(stream)
    size = 0
    while octets := await body.piece():
        into.write(octets)
        size += len(octets)
    return size


async def _final_head(stream: Stream) -> Head:
    """The head of the answer, after those that only say that it will come (RFC 9110, 15.2)."""
    while True:
        head = await read_head(stream)
        version, status, _ = head.start
        if not version.startswith("HTTP/1.") or len(status) != 3 or not status.isdecimal():
            raise BadMessage(f"wanted an HTTP/1.1 answer, got {' '.join(head.start)[:80]!r}")
        if not status.startswith("1"):
            return head


async def _part(stream: Stream) -> None:
    """Close, and wait until the server has our FIN: nobody answers for us afterwards."""
    with suppress(CallFailed):  # The connection may be over already.
        await calls.wait_at_close(stream.fd, LINGER_S)
    await stream.finish()
