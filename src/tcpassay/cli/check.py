"""`tcpassay check CAPTURE`: the oracle on a pcap or pcapng of anybody's traffic."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_report import CaptureReport, Vantage

_MOST_NAMED = 4


class VantageChoice(StrEnum):
    """Where a capture was made."""

    TARGET = "target"
    PATH = "path"
    PEER = "peer"


@guarded
def check(
    capture: Annotated[
        Path, typer.Argument(metavar="CAPTURE", help="A pcap or pcapng file, also gzipped.")
    ],
    *,
    target_address: Annotated[
        list[str],
        typer.Option("--target-address", metavar="A", help="The host to judge; may be repeated."),
    ],
    vantage: Annotated[
        VantageChoice,
        typer.Option(help="Where the capture was made: on the target, between, or on its peer."),
    ] = VantageChoice.TARGET,
    as_json: Annotated[bool, typer.Option("--json", help="For a machine to read.")] = False,
) -> int:
    """Judge one host's TCP in a capture, by its segments alone.

    Ends with 1 when a requirement of level MUST is violated. Made on the host itself, checked there
    or anywhere else:

    tcpdump -i eth0 -w web.pcap tcp port 80

    tcpassay check web.pcap --target-address 192.0.2.1
    """
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.model.oracle.wire_oracle import check_packets
    from tcpassay.reports.check import as_record, render, violated
    from tcpassay.wire.capture_file import read_capture

    addresses = tuple(_address(text) for text in target_address)
    report = check_packets(read_capture(capture), addresses, cast("Vantage", str(vantage)))
    if not report.segments:
        _refuse(capture, report)
    catalogue = load_catalogue()
    if as_json:
        from tcpassay.cli.output import print_json

        print_json(as_record(report, catalogue, str(capture)))
    else:
        typer.echo("\n".join(render(report, catalogue, str(capture))))
    return 1 if violated(report, catalogue) else 0


def _address(text: str) -> str:
    """An address as the codec writes it."""
    from tcpassay.core.errors import ConfigurationError

    try:
        return str(ip_address(text))
    except ValueError:
        problem = f"--target-address {text!r}: wanted an IPv4 or IPv6 address, such as 192.0.2.1"
        raise ConfigurationError(problem) from None


def _refuse(capture: Path, report: CaptureReport) -> None:
    """Nothing to judge: say whom the capture shows."""
    from tcpassay.core.errors import ConfigurationError

    wanted = ", ".join(report.addresses)
    if not report.strangers:
        problem = f"{report.packets} packets, and no TCP segment of anybody"
    elif set(report.strangers) <= set(report.addresses):
        problem = f"{wanted} is at both ends of every segment: one of them is judged at a time"
    else:
        most = sorted(report.strangers, key=lambda a: -report.strangers[a])[:_MOST_NAMED]
        problem = f"no TCP segment to or from {wanted}; it shows {', '.join(most)}"
    raise ConfigurationError(f"{capture}: {problem}")
