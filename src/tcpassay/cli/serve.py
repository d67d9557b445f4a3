"""`tcpassay serve TARGET`: a stack as a host that others can talk to."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.run import IpChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

NETNS = typer.Option(metavar="NS", help="A network namespace made with ip netns add.")
TUN = typer.Option(metavar="NAME", help="The TUN device to make in it, such as tun0.")
IMPAIR = typer.Option(
    metavar="TEXT",
    help="Make the link worse, both ways: loss=2%,burst=4,reorder=2%,dup=1%,delay=10ms,seed=7.",
)
PCAP = typer.Option(
    metavar="FILE", help="Write what crosses the TUN device to a pcapng file, as it goes."
)
SET = typer.Option(
    "--set",
    metavar="NAME=VALUE",
    help="A setting of the stack's, such as rto_min_ms=200 or timestamps=false; repeatable.",
)


@guarded
def serve(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="An in-process target: reference.")
    ],
    *,
    netns: Annotated[str, NETNS],
    tun: Annotated[str, TUN],
    impair: Annotated[str | None, IMPAIR] = None,
    root: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="What port 80 serves; default: a new empty folder."),
    ] = None,
    ip: Annotated[IpChoice, typer.Option(help="IP version.")] = IpChoice.V4,
    pcap: Annotated[Path | None, PCAP] = None,
    settings: Annotated[list[str] | None, SET] = None,
) -> int:
    """Let a stack serve in a network namespace, in real time, until Ctrl-C.

    Echo on port 7, discard on 9, characters on 19, files over HTTP/1.1 (GET, HEAD, PUT) on 80.
    The namespace's kernel is the other host; the TUN device goes when the stack does. Paste this
    into one terminal, as root:

    ip netns add lab

    tcpassay serve reference --netns lab --tun tun0 --root . --pcap lab.pcapng

    and this into another, where 192.0.2.1 is the stack (2001:db8::1 with --ip 6):

    ip netns exec lab curl http://192.0.2.1/README.md

    Everything is gone after Ctrl-C and ip netns delete lab.
    """
    from tcpassay.live.host import Place, running
    from tcpassay.live.serving import start_services

    family: IpVersion = 4 if ip is IpChoice.V4 else 6
    place = Place(netns, tun, family, parsed(impair), pcap, settings_of(settings))
    with _folder(root) as folder, running(target, place) as host:
        start_services(host, place.ip, folder, _tell)
        own, peer = ", ".join(host.addresses.stack), host.addresses.peer
        typer.echo(
            f"{target} at {own} ({tun} in {netns}, which is {peer}): "
            f"echo 7, discard 9, chargen 19, http 80 of {folder}; Ctrl-C ends it"
        )
        host.driver.run_for_ever()
        tell_fates(host)
    return 0


def tell_fates(host: Host) -> None:
    """What a bad link has done, on standard error."""
    fates = host.fates()
    if fates:
        typer.echo(fates, err=True)


def parsed(impair: str | None) -> Impairment | None:
    """The value of --impair. Raises ConfigurationError."""
    from tcpassay.targets.wrappers.impairment import Impairment

    return None if impair is None else Impairment.parse(impair)


def settings_of(texts: list[str] | None) -> dict[str, object]:
    """The values of --set: numbers and true or false as TOML has them, else text.

    Raises ConfigurationError for one that is no NAME=VALUE; names are the stack's to know.
    """
    import tomllib

    from tcpassay.core.errors import ConfigurationError

    settings: dict[str, object] = {}
    for text in texts or []:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise ConfigurationError(f"--set {text!r}: wanted NAME=VALUE")
        try:
            settings[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[name] = value
    return settings


@contextmanager
def _folder(root: Path | None) -> Iterator[Path]:
    """The folder named, or a new one that is removed at the end."""
    from tempfile import TemporaryDirectory

    from tcpassay.core.errors import ConfigurationError

    if root is None:
        with TemporaryDirectory(prefix="tcpassay-serve-") as made:
            yield Path(made)
    elif root.is_dir():
        yield root
    else:
        raise ConfigurationError(f"--root {str(root)!r}: there is no such folder; make it first")


def _tell(line: str) -> None:
    """One line a request on standard error."""
    from tcpassay.reports.text import one_line

    typer.echo(one_line(line), err=True)


if TYPE_CHECKING:
    from tcpassay.live.host import Host
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.wrappers.impairment import Impairment
