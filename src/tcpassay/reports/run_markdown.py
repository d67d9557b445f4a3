"""A run as Markdown: what a reader of a pull request wants to see first (a GitHub step summary)."""

from __future__ import annotations

import html
import shlex
from typing import TYPE_CHECKING, Final

from tcpassay.core.verdict import Verdict
from tcpassay.reports.failure import expected_words
from tcpassay.reports.folding import known, root, worst_first
from tcpassay.reports.markdown import code, escaped, fitting, table_head, table_row
from tcpassay.reports.text import counted, few, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.conformance.result import CaseResult, TargetInfo
    from tcpassay.core.trace import FieldDiff
    from tcpassay.reports.failure import Describe
    from tcpassay.reports.record import CaseRecord, RunRecord

#: Unexpected verdicts that are told, and of each of them how many fields; others are counted.
MOST_CASES: Final = 50
_MOST_FIELDS = 8
#: Other lines of one kind: reasons, cases left out, expectations.
_MOST_LINES = 40
#: Characters of a message, and of a value in a table.
_MESSAGE, _VALUE = 600, 160

_ALWAYS = (Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION)


def run_markdown(record: RunRecord, describe: Describe) -> str:
    """The run, at most 1 MiB of it. Whatever a target said in it is no markup."""
    return fitting(_lines(record, describe))


def _lines(record: RunRecord, describe: Describe) -> Iterator[str]:
    unexpected = worst_first(record.unexpected())
    yield f"# Conformance: {headline(record)}"
    yield from _cut_short(record)
    yield from _summary(record)
    yield from _unexpected(unexpected, describe)
    yield from _left_out(record)
    for target in record.targets:
        yield from _known(target, record.of(target.name))
    yield ""
    yield f"{escaped(record.tool)}, seed {record.seed}, {record.wall_s:.1f} s."


def headline(record: RunRecord) -> str:
    """In a few words, whether all is well."""
    troubles = [
        (len(record.unexpected()), "verdict", "not as expected"),
        (sum(not absent.skipped for absent in record.not_started), "target", "not started"),
        (len(record.stale), "stale expectation", ""),
    ]
    told = [f"{counted(number, noun)} {how}".strip() for number, noun, how in troubles if number]
    return ", ".join(told) or ("all as expected" if record.cases else "nothing ran")


def _cut_short(record: RunRecord) -> Iterator[str]:
    """A run that was interrupted or killed says so before any figure."""
    if record.complete and not record.interrupted:
        return
    ran = sum(not case.result.of_oracle for case in record.cases)
    how = f"interrupted by {record.interrupted}" if record.interrupted else "cut short"
    yield ""
    yield f"**The run was {escaped(how)}: {ran} of {sum(record.planned.values())} cases ended.**"


def _summary(record: RunRecord) -> Iterator[str]:
    """A row a target: cases by verdict, what the oracle judged, and what nobody expected."""
    shown = [
        verdict
        for verdict in Verdict
        if verdict in _ALWAYS or any(each.get(verdict) for each in record.totals.values())
    ]
    heads = (*(verdict.value for verdict in shown), "cases", "oracle", "not as expected")
    yield from table_head("target", "version", "clock", *heads, right=len(heads))
    for target in record.targets:
        cases = record.of(target.name)
        counts = record.totals.get(target.name, {})
        judged = [case.result for case in cases if case.result.of_oracle]
        violated = sum(each.verdict is not Verdict.PASS for each in judged)
        wrong = sum(not case.result.as_expected for case in cases)
        yield table_row(
            *map(escaped, (target.name, target.version, target.clock)),
            *(str(counts.get(verdict, 0) or "-") for verdict in shown),
            str(sum(counts.values())),
            f"{violated} of {len(judged)} violated" if judged else "-",
            f"**{wrong}**" if wrong else "-",
        )


def _unexpected(cases: Sequence[CaseRecord], describe: Describe) -> Iterator[str]:
    """A table a requirement: what was wanted, what came."""
    groups: dict[str, list[CaseResult]] = {}
    for case in cases[:MOST_CASES]:
        groups.setdefault(root(case.result), []).append(case.result)
    if groups:
        yield ""
        yield "## Not as expected"
    for name, results in groups.items():
        yield ""
        yield f"**{escaped(describe(name)) or 'no requirement'}**"
        yield from table_head("verdict", "target", "case", "what was seen", "field", "got", "want")
        for result in results:
            yield from _rows(result)
        yield ""
        yield f"Once more: {code(_again(results[0]))}"
    if len(cases) > MOST_CASES:
        yield ""
        yield f"And {counted(len(cases) - MOST_CASES, 'more verdict')} not as expected."


def _rows(result: CaseResult) -> Iterator[str]:
    """A row a field that differs, at least one."""
    version = " (IPv6)" if result.ip == 6 else ""
    seen = escaped(result.message, _MESSAGE)
    wanted = f"**{result.verdict}**, expected {escaped(expected_words(result))}"
    told = (wanted, escaped(result.target), code(result.id + version, cell=True), seen)
    fields = result.diff[:_MOST_FIELDS]
    yield table_row(*told, *(_values(fields[0]) if fields else ("", "", "")))
    for field in fields[1:]:
        yield table_row("", "", "", "", *_values(field))
    if len(result.diff) > _MOST_FIELDS:
        more = counted(len(result.diff) - _MOST_FIELDS, "more field")
        yield table_row("", "", "", "", f"and {more}", "", "")


def _values(field: FieldDiff) -> tuple[str, str, str]:
    got, want = (code(value, _VALUE, cell=True) for value in (field.got, field.want))
    return escaped(field.field, _VALUE), got, want


def _again(result: CaseResult) -> str:
    ip = ("--ip", "6") if result.ip == 6 else ()
    if result.of_oracle:
        return shlex.join(["tcpassay", "run", result.target, *ip])
    return shlex.join(["tcpassay", "run", result.target, "--case", result.id, *ip])


def _left_out(record: RunRecord) -> Iterator[str]:
    """Targets that did not start, expectations that nothing met, cases that were not run."""
    absent = [
        f"{each.target}: {'skipped' if each.skipped else 'not started'}: {each.reason}"
        for each in record.not_started
    ]
    stale = [
        f"{each.file}:{each.line}: stale expectation for {each.case} on {each.target}: {each.why}"
        for each in record.stale
    ]
    reasons: dict[tuple[str, str], int] = {}
    for left in record.not_run:
        reasons[left.target, left.reason] = reasons.get((left.target, left.reason), 0) + 1
    not_run = [
        f"{target}: {counted(number, 'case')} not run: {reason}"
        for (target, reason), number in reasons.items()
    ]
    for title, lines in (
        ("Not started", absent),
        ("Stale expectations", stale),
        ("Not run", not_run),
    ):
        if lines:
            yield ""
            yield f"## {title}"
            yield ""
            yield from _items(map(escaped, lines))


def _known(target: TargetInfo, cases: Iterable[CaseRecord]) -> Iterator[str]:
    """The known non-passes with their reasons, folded up."""
    folded = known(cases)
    if not folded:
        return
    number = sum(map(len, folded.values()))
    yield ""
    yield "<details>"
    yield f"<summary>{html.escape(one_line(target.name))}: {number} as expected, no pass</summary>"
    yield ""
    yield from _items(
        f"{verdict} {len(alike)}: {escaped(reason, _MESSAGE)}"
        for (verdict, reason), alike in folded.items()
    )
    yield ""
    yield "</details>"


def _items(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"- {line}" for line in few([*lines], _MOST_LINES))
