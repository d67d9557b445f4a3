"""HTTP/1.1 messages (RFC 9112): the head as values, the body in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tcpassay.live.stream import StreamEnded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.live.stream import Stream

#: Octets of a head, and of the line before a chunk.
LARGEST_HEAD: Final = 65_536
LONGEST_CHUNK_LINE: Final = 1_024


class BadMessage(Exception):  # noqa: N818 - what it is, not that it went wrong
    """What came is no HTTP/1.1 message; `status` is the answer to it."""

    def __init__(self, what: str, status: int = 400) -> None:
        super().__init__(what)
        self.status = status


class Head(NamedTuple):
    """The three parts of the first line, and the fields by name in lower case."""

    start: tuple[str, str, str]
    fields: Mapping[str, str]

    def lists(self, name: str, word: str) -> bool:
        """Whether the list in field `name` has `word`."""
        return word in [each.strip().lower() for each in self.fields.get(name, "").split(",")]


class Body(Protocol):
    """The octets of a message after its head."""

    async def piece(self) -> bytes:
        """Some octets; none at the end. Raises BadMessage, StreamEnded, CallFailed."""
        ...


class Counted:
    """A body of `length` octets."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self._left = length

    async def piece(self) -> bytes:
        if not self._left:
            return b""
        octets = await self._stream.piece(min(self._left, 65_536))
        if not octets:
            raise StreamEnded(f"the peer closed {self._left} octets before the body's end")
        self._left -= len(octets)
        return octets


class Chunked:
    """A body in chunks (RFC 9112, 7.1)."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._chunk: Counted | None = None
        self._ended = False

    async def piece(self) -> bytes:
        while not self._ended:
            if self._chunk is None:
                size = await self._size()
                if not size:
                    await self._trailer()
                    return b""
                self._chunk = Counted(self._stream, size)
            octets = await self._chunk.piece()
            if octets:
                return octets
            self._chunk = None
            if await self._line():
                raise BadMessage("a chunk is longer than it says")
        return b""

    async def _size(self) -> int:
        text = (await self._line()).partition(b";")[0].strip()
        try:
            return int(text, 16) if text.isalnum() else int("none", 16)
        except ValueError:
            raise BadMessage(f"chunk size {text!r}: wanted a hexadecimal number") from None

    async def _trailer(self) -> None:
        while await self._line():
            pass
        self._ended = True

    async def _line(self) -> bytes:
        try:
            return await self._stream.up_to(b"\r\n", LONGEST_CHUNK_LINE)
        except ValueError:
            raise BadMessage("the line before a chunk never ends") from None


class UpToTheEnd:
    """A body that ends with the connection."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def piece(self) -> bytes:
        return await self._stream.piece()


async def read_head(stream: Stream) -> Head:
    """The head of the next message. Raises BadMessage, StreamEnded, CallFailed."""
    try:
        octets = await stream.up_to(b"\r\n\r\n", LARGEST_HEAD)
    except ValueError:
        raise BadMessage(f"a head of more than {LARGEST_HEAD} octets", 431) from None
    return parse_head(octets)


def parse_head(octets: bytes) -> Head:
    """The head without the empty line that ends it. Raises BadMessage."""
    first, *lines = octets.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) == 2:
        parts.append("")  # A status line may come without a reason.
    if len(parts) != 3:
        raise BadMessage(f"first line {first[:80]!r}: wanted three parts")
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadMessage(f"field {line[:80]!r}: wanted NAME: VALUE")
        key, value = name.lower(), value.strip()
        fields[key] = f"{fields[key]}, {value}" if key in fields else value
    return Head((parts[0], parts[1], parts[2]), fields)


def declared_body(stream: Stream, head: Head) -> Body | None:
    """The body that the fields declare, None when they declare none (RFC 9112, 6.3).

    Raises BadMessage for a length that is none, and for two ways of telling it at once.
    """
    length, coding = head.fields.get("content-length"), head.fields.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            raise BadMessage(f"transfer coding {coding!r} is not known, only chunked is", 501)
        if length is not None:
            raise BadMessage("both Content-Length and Transfer-Encoding")
        return Chunked(stream)
    if length is None:
        return None
    if not (length.isascii() and length.isdecimal()):
        raise BadMessage(f"Content-Length {length!r}: wanted a number")
    return Counted(stream, int(length))


def build_head(start: str, fields: Mapping[str, str]) -> bytes:
    """The octets of a head."""
    lines = [start, *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
