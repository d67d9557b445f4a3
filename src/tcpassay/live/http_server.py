"""A file server over HTTP/1.1: GET, HEAD and PUT of what lies in one folder."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote_to_bytes, urlsplit

from tcpassay.live import calls
from tcpassay.live.calls import CallFailed
from tcpassay.live.http_message import BadMessage, Head, build_head, declared_body, read_head
from tcpassay.live.http_range import Part, asked_part
from tcpassay.live.stream import StreamEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.live.http_message import Body
    from tcpassay.live.stream import Stream

HTTP_PORT: Final = 80

#: Seconds after which a connection on which nothing moves is given up.
IDLE_S: Final = 60
_PIECE: Final = 65_536
_METHODS: Final = "GET, HEAD, PUT"


class FileServer:
    """Serves `root`; each request is told to `tell` in one line when it is over."""

    def __init__(self, root: Path, tell: Callable[[str], None]) -> None:
        self._root = root.resolve()
        self._tell = tell

    async def attend(self, stream: Stream) -> None:
        """The requests of one connection, until one side wants no more."""
        await calls.limit_waiting(stream.fd, IDLE_S)
        try:
            while await self._request(stream):
                pass
        except StreamEnded:
            return
        except CallFailed as failure:
            self._log(stream, f"{failure}")

    async def _request(self, stream: Stream) -> bool:
        """One request and its answer; whether another may follow."""
        head: Head | None = None
        try:
            head = await read_head(stream)
            return await self._answer(stream, head)
        except BadMessage as bad:
            return await self._refuse(stream, head, bad.status, str(bad))
        except OSError as error:  # A full disk, a name too long: the server goes on.
            return await self._refuse(stream, head, 500, error.strerror or "input or output error")

    async def _refuse(self, stream: Stream, head: Head | None, status: int, why: str) -> bool:
        """Say why not; nothing else can follow."""
        about = " ".join(head.start[:2]) if head else "request"
        self._log(stream, f"{about[:200]} {status} {why}")
        await refuse(stream, status, f"{why}\n", bodiless=about.startswith("HEAD "))
        return False

    async def _answer(self, stream: Stream, head: Head) -> bool:
        method, target, version = head.start
        if version not in {"HTTP/1.1", "HTTP/1.0"}:
            raise BadMessage(f"version {version!r}: wanted HTTP/1.1", 505)
        if version == "HTTP/1.1" and "host" not in head.fields:
            raise BadMessage("no Host field")
        lasting = version == "HTTP/1.1" and not head.lists("connection", "close")
        path = self._path(target)
        body = declared_body(stream, head)
        if method == "PUT":
            await self._put(stream, head, path, body)
        elif method in {"GET", "HEAD"}:
            while body is not None and await body.piece():
                pass
            await self._get(stream, head, path, lasting=lasting)
        else:
            raise BadMessage(f"method {method[:20]!r}: wanted one of {_METHODS}", 405)
        return lasting

    def _path(self, target: str) -> Path:
        """The file that a request target names; never one outside the folder."""
        octets = unquote_to_bytes(urlsplit(target).path)
        if b"\0" in octets or not octets.startswith(b"/"):
            raise BadMessage(f"target {target[:80]!r}: wanted a path")
        try:
            path = (self._root / os.fsdecode(octets.lstrip(b"/"))).resolve()
        except RuntimeError:  # Links that lead in a circle.
            raise BadMessage(f"target {target[:80]!r} leads nowhere", 403) from None
        if not path.is_relative_to(self._root):
            raise BadMessage(f"target {target[:80]!r} leads out of the folder", 403)
        return path

    async def _get(self, stream: Stream, head: Head, path: Path, *, lasting: bool) -> None:
        try:
            file, size, kind = _open(path)
        except FileNotFoundError:
            raise BadMessage(f"no file {head.start[1][:80]}", 404) from None
        except OSError as error:
            raise BadMessage(f"{head.start[1][:80]}: {error.strerror}", 403) from None
        with file:
            status, part, fields = _part_of(head, size)
            fields |= {"Content-Length": str(part.length), "Content-Type": kind}
            await stream.send(_head_of(status, fields, lasting=lasting))
            if head.start[0] == "GET":
                await _send_part(stream, file, part)
        self._log(stream, f"{' '.join(head.start[:2])} {status} {part.length}")

    async def _put(self, stream: Stream, head: Head, path: Path, body: Body | None) -> None:
        if body is None:
            raise BadMessage("a PUT without Content-Length", 411)
        if path == self._root or path.is_dir() or not path.parent.is_dir():
            raise BadMessage(f"{head.start[1][:80]} is no place for a file", 409)
        if head.fields.get("expect", "").lower() == "100-continue":
            await stream.send(build_head("HTTP/1.1 100 Continue", {}))
        new = not path.exists()
        size = await _store(path, body)
        status = 201 if new else 204
        fields = {"Content-Length": "0"} if new else {}
        self._log(stream, f"{' '.join(head.start[:2])} {status} {size}")
        lasting = not head.lists("connection", "close")
        await stream.send(_head_of(status, fields, lasting=lasting))

    def _log(self, stream: Stream, what: str) -> None:
        host, port = stream.peer
        self._tell(f"{host} {port} {what}")


def _open(path: Path) -> tuple[BinaryIO, int, str]:
    """A file, or the names in a folder as one: what to read, octets of it, media type."""
    if path.is_dir():
        names = sorted(f"{each.name}{'/' if each.is_dir() else ''}\n" for each in path.iterdir())
        listing = os.fsencode("".join(names))
        return BytesIO(listing), len(listing), "text/plain"
    opened = path.open("rb")
    return opened, os.fstat(opened.fileno()).st_size, "application/octet-stream"


def _part_of(head: Head, size: int) -> tuple[int, Part, dict[str, str]]:
    """Status, what of the file to send, and the fields that say so. Raises BadMessage."""
    fields = {"Accept-Ranges": "bytes"}
    asked = head.fields.get("range") if head.start[0] == "GET" else None
    try:
        part = asked_part(asked, size)
    except ValueError as error:
        raise BadMessage(f"Range: {error}", 416) from None
    if part is None:
        return 200, Part(0, size), fields
    fields["Content-Range"] = f"bytes {part.first}-{part.first + part.length - 1}/{size}"
    return 206, part, fields


async def _send_part(stream: Stream, file: BinaryIO, part: Part) -> None:
    """The octets of a part. Raises StreamEnded where the file has lost some meanwhile."""
    file.seek(part.first)
    left = part.length
    while left:
        octets = file.read(min(_PIECE, left))
        if not octets:
            raise StreamEnded("the file has become shorter while it was sent")
        await stream.send(octets)
        left -= len(octets)


async def _store(path: Path, body: Body) -> int:
    """Put the body where `path` is, all of it or nothing; its octets."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".put-", dir=path.parent)
    except OSError as error:
        raise BadMessage(f"{path.name} cannot be written: {error.strerror}", 403) from None
    size = 0
    try:
        with os.fdopen(descriptor, "wb") as file:
            while octets := await body.piece():
                size += file.write(octets)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    return size


async def refuse(stream: Stream, status: int, text: str, *, bodiless: bool) -> None:
    """An answer that says why not; the connection ends with it. To HEAD it has no body."""
    octets = text.encode("utf-8", "replace")
    fields = {"Content-Length": str(len(octets)), "Content-Type": "text/plain; charset=utf-8"}
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        fields["Allow"] = _METHODS
    await stream.send(_head_of(status, fields, lasting=False) + (b"" if bodiless else octets))


def _head_of(status: int, fields: dict[str, str], *, lasting: bool) -> bytes:
    closing = {} if lasting else {"Connection": "close"}
    return build_head(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", {**fields, **closing})
