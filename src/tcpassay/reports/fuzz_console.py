"""The result of a campaign on standard output: each finding, then what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from tcpassay.reports.fuzz_progress import kinds, share_words
from tcpassay.reports.fuzz_record import replay_words, suite_words
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from tcpassay.reports.failure import Describe
    from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord


#: The others are in hints.jsonl and in the JSON.
_MOST_HINTS: Final = 20


def show_campaign(console: Console, record: FuzzRecord, describe: Describe) -> None:
    """Print the whole result."""
    for finding in record.unexplained:
        console.print(Text(one_line(f"FINDING  {finding.where}"), "bold red"), soft_wrap=True)
        for line in finding_story(record, finding, describe):
            console.print(Text(f"  {line}"), soft_wrap=True)
        console.print()
    _explained(console, record)
    if record.hints:
        console.print(
            Text(f"{counted(len(record.hints), 'difference')}, hints and no faults", "bold")
        )
        for hint in record.hints[:_MOST_HINTS]:
            console.print(Text(one_line(f"  case {hint.case:,}, {hint.text}")), soft_wrap=True)
        console.print()
    for line in _summary(record):
        console.print(Text(one_line(line)), soft_wrap=True)


def finding_story(record: FuzzRecord, finding: FuzzFinding, describe: Describe) -> list[str]:
    """Everything about a finding, one printable line an element."""
    lines = [
        f"requirement  {describe(finding.requirement)}",
        *(f"or           {describe(other)}" for other in finding.others),
        f"wrong        {finding.why} ({finding.judge})",
    ]
    if finding.allowed:
        lines.append(f"allowed      {finding.allowed}")
    lines.append(f"case         {finding.case}, {finding.origin}")
    lines.append(f"seen         {counted(finding.times, 'time')}")
    if finding.text:
        lines += ["steps", *(f"  {step}" for step in finding.text)]
    lines.append(f"trace        {record.folder / finding.trace}")
    lines.append(f"replay       {replay_words(record, finding)}")
    if finding.suite:
        lines.append(f"suite        {suite_words(record, finding)}")
    return [one_line(line) for line in lines]


def _explained(console: Console, record: FuzzRecord) -> None:
    """What expectations cover, one line an entry."""
    entries: dict[str, list[FuzzFinding]] = {}
    for finding in record.findings:
        if finding.explained:
            entries.setdefault(finding.explained, []).append(finding)
    if not entries:
        return
    console.print(Text(f"{one_line(record.target)}: explained by its expectations", "bold"))
    for entry, findings in entries.items():
        times = counted(sum(finding.times for finding in findings), "alarm")
        why = findings[0].reason or findings[0].why
        line = f"  {entry}: {times} in {counted(len(findings), 'kind')}: {why}"
        console.print(Text(one_line(line)), soft_wrap=True)
    console.print()


def _summary(record: FuzzRecord) -> Iterator[str]:
    cases = f"{record.cases:,} cases" if record.cases != 1 else "1 case"
    earlier = record.cases - record.session_cases
    if earlier:
        cases += f" ({earlier:,} in earlier sessions)"
    yield f"{record.target}: {cases}: {kinds(record)}"
    yield f"sources: {', '.join(share_words(source) for source in record.sources)}"
    new = "" if record.last_new is None else f"; last new coverage in case {record.last_new:,}"
    yield f"seen: {counted(record.states, 'state')}, {counted(record.triples, 'triple')}{new}"
    if record.dropped:
        yield f"not confirmed: {counted(record.dropped, 'alarm')} that a fresh stack did not repeat"
    for lost in record.lost:
        yield f"lost: {lost}"
    yield (
        f"speed: {record.rate:,.0f} cases a second, {record.bare_share:.0%} of the bare loop's;"
        f" {record.accepted_share:.1%} accepted by tier one;"
        f" {record.replayed_s:.1f} s for findings"
    )
    if record.interrupted:
        yield f"interrupted by {record.interrupted}: go on with --resume --out {record.folder}"
    yield f"seed {record.seed}, {record.seconds:.1f} s, files in {record.folder}"
