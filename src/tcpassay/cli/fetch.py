"""`tcpassay fetch URL`: a stack under test as a client."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.run import IpChoice
from tcpassay.cli.serve import IMPAIR, NETNS, PCAP, SET, TUN, parsed, settings_of, tell_fates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from tcpassay.targets.contract import IpVersion


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
    ip: Annotated[
        IpChoice | None, typer.Option(help="IP version; default: that of the host's address.")
    ] = None,
    pcap: Annotated[Path | None, PCAP] = None,
    settings: Annotated[list[str] | None, SET] = None,
) -> int:
    """Fetch a file over HTTP/1.1 with a stack under test, in real time.

    The stack lives behind a TUN device in a network namespace, whose kernel is the other host.
    HOST is an address ([2001:db8::2] for IPv6) or stands in /etc/netns/NS/hosts or /etc/hosts.
    Ends with 1 when there is no connection or the answer is not 200. With the kernel as server:

    ip netns exec lab python3 -m http.server 8000

    tcpassay fetch http://192.0.2.2:8000/file --netns lab --tun tun0 -o file
    """
    from tcpassay.live.host import Place, running
    from tcpassay.live.http_client import fetch as get
    from tcpassay.live.url import address_of, parse_url

    wanted = parse_url(url)
    family: IpVersion | None = None if ip is None else 4 if ip is IpChoice.V4 else 6
    address, version = address_of(wanted.host, netns, family)
    place = Place(netns, tun, version, parsed(impair), pcap, settings_of(settings))
    with running(target, place) as host, _whole(output) as into:
        began = time.monotonic()
        octets = host.driver.run(get(wanted, (address, wanted.port), version, into.file))
        took = time.monotonic() - began
        into.complete = octets is not None
        tell_fates(host)
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
