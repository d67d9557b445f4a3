"""A trace as a capture file for Wireshark, with comments on what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tcpassay.reports.text import cut, first_lines
from tcpassay.wire.pcapng import INBOUND, OUTBOUND, interface, packet, section

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tcpassay.conformance.result import Alarm, CaseResult
    from tcpassay.core.trace import Entry, Judgement, Trace

#: Lines of a comment: more are no help in Wireshark's list of packets.
_MOST_LINES = 20
#: Characters of a message and of a value in it.
_MESSAGE, _VALUE = 1000, 200


def write_capture(
    path: Path, *, trace: Trace, result: CaseResult, alarms: Iterable[Alarm] = ()
) -> None:
    """Write the datagrams of `trace`, seen from the peer: what it received is inbound.

    The first packet's comment names the case, the offending packet's (else the last one's) the
    verdict. Raises OSError.
    """
    path.write_bytes(capture(trace, result, alarms))


def capture(trace: Trace, result: CaseResult, alarms: Iterable[Alarm] = ()) -> bytes:
    """The octets of the capture file; each of the oracle's alarms is a comment on its packet."""
    title = f"{result.id} on {result.target}, IPv{result.ip}: {result.title}"
    notes = [(alarm.event, f"oracle: {alarm}") for alarm in alarms]
    return annotated(trace, title, verdict_line(result), notes=notes)


def annotated(
    trace: Trace,
    title: str,
    verdict: str,
    culprit: int | None = None,
    notes: Iterable[tuple[int, str]] = (),
) -> bytes:
    """A capture file with a title on its first packet and a verdict on the offending one.

    That is the last one up to entry `culprit`, by default the one that broke an expectation.
    `notes` are more of that, with the entries that they are about.
    """
    title, verdict = _comment(title), _comment(verdict)
    datagrams = [entry for entry in trace if entry.kind in {"send", "receive"}]
    comments: dict[int, list[str]] = {}
    if datagrams:
        comments.setdefault(datagrams[0].n, []).append(title)
        at = offending(trace, datagrams) if culprit is None else _up_to(datagrams, culprit)
        comments.setdefault(at.n, []).append(verdict)
        for n, note in notes:
            comments.setdefault(_up_to(datagrams, n).n, []).append(_comment(note))
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
    """Verdict, message, differences and requirements, as the comment shows them."""
    blamed = [name for name, verdict in result.judged.items() if verdict is result.verdict]
    lines = [
        f"{result.verdict}: {cut(result.message, _MESSAGE)}" if result.message else result.verdict,
        *(
            f"{cut(a, _VALUE)}: got {cut(b, _VALUE)}, want {cut(c, _VALUE)}"
            for a, b, c in result.diff
        ),
    ]
    about = blamed or result.requirements
    return "\n".join([*lines, f"requirement: {cut(', '.join(about), _VALUE)}"] if about else lines)


def _comment(text: str) -> str:
    """What is in it without what would steer a terminal."""
    return "\n".join(first_lines(text, _MOST_LINES))


def _packet(entry: Entry, comments: list[str]) -> bytes:
    direction = OUTBOUND if entry.kind == "send" else INBOUND
    return packet(entry.t_ns, direction, cast("bytes", entry.data), comments)
