"""A trace as a capture file for Wireshark, with comments on what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tcpassay.wire.pcapng import INBOUND, OUTBOUND, interface, packet, section

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.trace import Entry, Judgement, Trace


def write_capture(path: Path, *, trace: Trace, result: CaseResult) -> None:
    """Write the datagrams of `trace`, seen from the peer: what it received is inbound.

    The first packet's comment names the case, the offending packet's (else the last one's) the
    verdict. Raises OSError.
    """
    path.write_bytes(capture(trace, result))


def capture(trace: Trace, result: CaseResult) -> bytes:
    """The octets of the capture file."""
    title = f"{result.id} on {result.target}, IPv{result.ip}: {result.title}"
    return annotated(trace, title, verdict_line(result))


def annotated(trace: Trace, title: str, verdict: str, culprit: int | None = None) -> bytes:
    """A capture file with a title on its first packet and a verdict on the offending one.

    That is the last one up to entry `culprit`, by default the one that broke an expectation.
    """
    datagrams = [entry for entry in trace if entry.kind in {"send", "receive"}]
    comments: dict[int, list[str]] = {}
    if datagrams:
        comments.setdefault(datagrams[0].n, []).append(title)
        at = offending(trace, datagrams) if culprit is None else _up_to(datagrams, culprit)
        comments.setdefault(at.n, []).append(verdict)
    head = section([title, verdict]) + interface("peer")
    return head + b"".join(_packet(entry, comments.get(entry.n, [])) for entry in datagrams)


def offending(trace: Trace, datagrams: list[Entry]) -> Entry:
    """The datagram that broke an expectation, or the last one before it was broken."""
    for entry in reversed(trace.entries):
        if entry.kind != "expect":
            continue
        judgement = cast("Judgement", entry.data)
        if judgement.met:
            continue
        at = entry.n if judgement.event is None else judgement.event
        return _up_to(datagrams, at)
    return datagrams[-1]


def _up_to(datagrams: list[Entry], n: int) -> Entry:
    """The last datagram that is no later than entry `n`, else the last of all."""
    return max((each for each in datagrams if each.n <= n), default=datagrams[-1])


def verdict_line(result: CaseResult) -> str:
    """Verdict, message and differences, as the comment shows them."""
    rows = "".join(f"\n{row.field}: got {row.got}, want {row.want}" for row in result.diff)
    return f"{result.verdict}: {result.message}{rows}" if result.message else str(result.verdict)


def _packet(entry: Entry, comments: list[str]) -> bytes:
    direction = OUTBOUND if entry.kind == "send" else INBOUND
    return packet(entry.t_ns, direction, cast("bytes", entry.data), comments)
