"""`tcpassay replay TRACE --export FORM`: a recorded trace for other tools, without playing it."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.whole import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.wire.tracefile import TraceFile


class Form(StrEnum):
    """What a trace may be exported as."""

    PACKETDRILL = "packetdrill"
    PCAPNG = "pcapng"
    PYTEST = "pytest"
    SCAPY = "scapy"


def export(file: TraceFile, path: Path, form: Form, output: Path | None) -> None:
    """Write a trace in another form to a file, else to standard output.

    Raises ConfigurationError for a trace that has no such form, and TcpassayError where the file
    cannot be written.
    """
    octets = _rendered(file, path, form)
    if output is not None:

        def put(part: Path) -> None:
            part.write_bytes(octets)

        write_whole(output, put)
        return
    if form is Form.PCAPNG and sys.stdout.isatty():
        msg = "a capture is no text for a terminal; give -o FILE"
        raise ConfigurationError(msg)
    sys.stdout.buffer.write(octets)


def _rendered(file: TraceFile, path: Path, form: Form) -> bytes:
    from tcpassay.reports.exports.what import about

    match form:
        case Form.PCAPNG:
            from tcpassay.reports.pcapng import annotated

            what = about(file)
            return annotated(file.trace, what.title, what.verdict, what.culprit)
        case Form.PACKETDRILL:
            from tcpassay.reports.exports.packetdrill import packetdrill_text

            text = packetdrill_text(file)
        case Form.PYTEST:
            text = _pytest(file, path)
        case Form.SCAPY:
            from tcpassay.reports.exports.scapy_script import scapy_text

            text = scapy_text(file)
    return text.encode()


def _pytest(file: TraceFile, path: Path) -> str:
    from tcpassay.fuzz.finding.kept import finding_of, is_finding
    from tcpassay.fuzz.finding.pytest_case import pytest_text
    from tcpassay.reports.exports.pytest_case import recorded_case

    if is_finding(file):
        return pytest_text(finding_of(file, str(path)), file.trace)
    return recorded_case(file, path.read_text(encoding="utf-8"))
