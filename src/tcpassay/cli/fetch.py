"""`tcpassay fetch URL`: a stack under test as a client."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.serve import IMPAIR, NETNS, TUN, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO


@guarded
def fetch(
    url: Annotated[str, typer.Argument(metavar="URL", help="http://HOST[:PORT]/PATH")],
    *,
    netns: Annotated[str, NETNS],
    tun: Annotated[str, TUN],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: standard output."),
    ] = None,
    impair: Annotated[str | None, IMPAIR] = None,
    target: Annotated[str, typer.Option(metavar="T", help="An in-process target.")] = "reference",
) -> int:
    """Fetch a file over HTTP/1.1 with a stack under test, in real time.

    The stack lives behind a TUN device in a network namespace, whose kernel is the other host.
    Ends with 1 when there is no connection or the answer is not 200.

    tcpassay fetch http://192.0.2.2:8000/file --netns lab --tun tun0 -o file
    """
    from tcpassay.live.host import Place, running
    from tcpassay.live.http_client import fetch as get
    from tcpassay.live.url import address_of, parse_url

    wanted = parse_url(url)
    address, ip = address_of(wanted.host, netns)
    place = Place(netns, tun, ip, parsed(impair))
    with running(target, place) as host, _whole(output) as into:
        began = time.monotonic()
        octets = host.driver.run(get(wanted, (address, wanted.port), ip, into.file))
        took = time.monotonic() - began
        into.complete = octets is not None
    typer.echo(f"{url}: {octets} octets in {took:.2f} s", err=True)
    return 0


class _Destination:
    """An open file; whether all of it has come."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.complete = False


@contextmanager
def _whole(path: Path | None) -> Iterator[_Destination]:
    """Where to write; a file appears under its name only when all of it has come."""
    from tcpassay.core.errors import ConfigurationError

    if path is None:
        yield _Destination(sys.stdout.buffer)
        return
    part = path.with_name(f"{path.name}.part")
    try:
        file = part.open("wb")
    except OSError as error:
        raise ConfigurationError(f"-o {str(path)!r}: {error.strerror}") from None
    try:
        with file:
            destination = _Destination(file)
            yield destination
        if destination.complete:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
