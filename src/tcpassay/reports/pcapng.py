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
    datagrams = [entry for entry in trace if entry.kind in {"send", "receive"}]
    title = f"{result.id} on {result.target}, IPv{result.ip}: {result.title}"
    comments: dict[int, list[str]] = {}
    if datagrams:
        comments.setdefault(datagrams[0].n, []).append(title)
        culprit = offending(trace, datagrams)
        comments.setdefault(culprit.n, []).append(verdict_line(result))
    head = section([title, verdict_line(result)]) + interface("peer")
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
        return max((sent for sent in datagrams if sent.n <= at), default=datagrams[-1])
    return datagrams[-1]


def verdict_line(result: CaseResult) -> str:
    """Verdict, message and differences, as the comment shows them."""
    rows = "".join(f"\n{row.field}: got {row.got}, want {row.want}" for row in result.diff)
    return f"{result.verdict}: {result.message}{rows}" if result.message else str(result.verdict)


def _packet(entry: Entry, comments: list[str]) -> bytes:
    direction = OUTBOUND if entry.kind == "send" else INBOUND
    return packet(entry.t_ns, direction, cast("bytes", entry.data), comments)
