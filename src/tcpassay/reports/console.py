"""The result of a run on standard output: a table a target, then what a reader must know."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tcpassay.conformance.result import ORACLE
from tcpassay.conformance.served import what_it_takes
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT, Verdict
from tcpassay.reports.failure import expected_words, heading, story
from tcpassay.reports.folding import known, root
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from rich.console import Console

    from tcpassay.conformance.result import CaseResult, TargetInfo
    from tcpassay.reports.failure import Describe
    from tcpassay.reports.record import CaseRecord, RunRecord

STYLE = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.DEVIATION: "yellow",
    Verdict.INFO: "cyan",
    Verdict.UNSUPPORTED: "dim",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.ERROR: "bold magenta",
}
_ALWAYS_SHOWN = (Verdict.PASS, Verdict.FAIL, Verdict.DEVIATION)
_MOST_IDS = 4
_ORACLE = ORACLE.rstrip("/")


class ResultPrinter:
    """Prints a run record. `describe` words a requirement; `out` is the run's folder."""

    def __init__(self, console: Console, describe: Describe, out: Path | None = None) -> None:
        self._console = console
        self._describe = describe
        self._out = out

    def show(self, record: RunRecord) -> None:
        """Print the whole result."""
        for target in record.targets:
            self._console.print(_table(target, record.of(target.name)))
        for first, *alike in _by_root(record.unexpected()):
            self._unexpected(first, alike)
        for target in record.targets:
            self._expected(target.name, record.of(target.name))
        self._left_out(record)
        self._stale(record)
        self._last_lines(record)

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style), soft_wrap=True)

    def _unexpected(self, case: CaseRecord, alike: list[CaseRecord]) -> None:
        """One case in full, and the ids of those that share its root."""
        result = case.result
        self._console.print()
        head = Text(*_headline(result.verdict))
        self._console.print(head + Text(f"  {heading(result)}"), soft_wrap=True)
        for line in story(case, self._describe, self._out):
            self._line(f"  {line}")
        if alike:
            shared = counted(len(alike), "more row")
            ids = _ids([each.result.id for each in alike])
            self._line(f"  and {shared} at {one_line(root(result))}: {ids}", "bold")

    def _expected(self, target: str, cases: list[CaseRecord]) -> None:
        """The known non-passes, one line a reason."""
        folded = known(cases)
        if not folded:
            return
        self._console.print()
        self._line(f"{one_line(target)}: as expected, but not pass", "bold")
        for (verdict, reason), alike in folded.items():
            start = Text(f"  {verdict} {len(alike)}  ", STYLE[verdict])
            told = f"{one_line(reason)}: {_ids([case.result.id for case in alike])}"
            self._console.print(start + Text(told), soft_wrap=True)

    def _left_out(self, record: RunRecord) -> None:
        for absent in record.not_started:
            how = "skipped" if absent.skipped else "not started"
            name, reason = one_line(absent.target), one_line(absent.reason)
            self._line(f"{name}: {how}: {reason}", "yellow")
        reasons: dict[tuple[str, str], list[str]] = {}
        for left in record.not_run:
            reasons.setdefault((left.target, left.reason), []).append(left.case)
        for (target, reason), ids in reasons.items():
            cases = counted(len(ids), "case")
            told = f"{one_line(target)}: {cases} not run: {one_line(reason)}"
            self._line(f"{told}: {_ids(ids)}", "dim")

    def _stale(self, record: RunRecord) -> None:
        for stale in record.stale:
            where = f"{stale.file}:{stale.line}"
            text = f"{where}: stale expectation for {stale.case} on {stale.target}: {stale.why}"
            self._line(one_line(text), "bold red")

    def _last_lines(self, record: RunRecord) -> None:
        self._console.print()
        for target in record.targets:
            self._line(_summary(record, target.name))
            rest = _what_the_rest_needs(record.of(target.name))
            if rest:
                self._line(f"{one_line(target.name)}: {rest}")
        if record.interrupted:
            signal = one_line(record.interrupted)
            self._line(f"interrupted by {signal}: cases in flight are not counted")
        where = f", files in {self._out}" if self._out else ""
        self._line(f"seed {record.seed}, {record.wall_s:.2f} s{where}", "dim")


def _by_root(cases: Iterable[CaseRecord]) -> list[list[CaseRecord]]:
    """Rows of the matrix by target, verdict and the requirement that was not met; others alone."""
    groups: dict[tuple[str, str, str, int | None], list[CaseRecord]] = {}
    for n, case in enumerate(cases):
        result = case.result
        alone = None if result.id.startswith("matrix/") else n
        key = (result.target, str(result.verdict), root(result), alone)
        groups.setdefault(key, []).append(case)
    return list(groups.values())


def _headline(verdict: Verdict) -> tuple[str, str]:
    """The verdict of an unexpected case; a pass among them is no good news."""
    if verdict in EXPECTED_BY_DEFAULT:
        return f"UNEXPECTED {verdict.upper()}", "bold red"
    return verdict.upper(), STYLE[verdict]


def _table(target: TargetInfo, cases: list[CaseRecord]) -> Table:
    """Verdict counts a source (the first part of an id), then the oracle's, a requirement each."""
    counts: dict[str, dict[Verdict, int]] = {}
    for case in cases:
        source = case.result.id.partition("/")[0]
        row = counts.setdefault(source, dict.fromkeys(Verdict, 0))
        row[case.result.verdict] += 1
    shown = [v for v in Verdict if v in _ALWAYS_SHOWN or any(row[v] for row in counts.values())]
    title = Text(one_line(f"{target.name}: {target.version}, {target.clock} clock"), "bold")
    table = Table(title=title, title_justify="left")
    table.add_column("source")
    for verdict in shown:
        table.add_column(verdict.value, justify="right")
    table.add_column("cases", justify="right")

    def line(name: str, row: dict[Verdict, int], style: str = "") -> None:
        cells = [_cell(verdict, row[verdict]) for verdict in shown]
        table.add_row(Text(one_line(name), style), *cells, str(sum(row.values())))

    judged = counts.pop(_ORACLE, None)
    for source, row in sorted(counts.items()):
        line(source, row)
    if len(counts) > 1:
        table.add_section()
        line("all", {v: sum(row[v] for row in counts.values()) for v in Verdict}, "bold")
    if judged is not None:
        table.add_section()
        line("oracle, by requirement", judged)
    return table


def _cell(verdict: Verdict, number: int) -> Text:
    return Text(str(number), STYLE[verdict]) if number else Text("-", "dim")


def _summary(record: RunRecord, target: str) -> str:
    every = record.of(target)
    cases = [case for case in every if not case.result.of_oracle]
    unexpected = [case.result for case in every if not case.result.as_expected]
    counts = _counts(record.totals.get(target, {})) or "none ran"
    if len(every) > len(cases):
        counts += f"; oracle: {_judged([each.result for each in every if each.result.of_oracle])}"
    if not unexpected:
        gate = "all as expected"
    else:
        shown = unexpected[0]
        gate = f"{len(unexpected)} NOT as expected"
        if len(unexpected) == 1:
            gate += f" ({shown.id}: {shown.verdict}, expected {expected_words(shown)})"
    return one_line(f"{target}: {counted(len(cases), 'case')}: {counts}; {gate}")


def _what_the_rest_needs(cases: list[CaseRecord]) -> str:
    """How much of a suite a port without an agent lets be judged; empty for another target."""
    results = [case.result for case in cases if not case.result.of_oracle]
    unjudged = [result for result in results if result.verdict is Verdict.UNSUPPORTED]
    needs = Counter(filter(None, (what_it_takes(result.message) for result in unjudged)))
    if not needs:
        return ""
    listed = ", ".join(f"{what} ({number})" for what, number in needs.most_common())
    judged = len(results) - len(unjudged)
    return one_line(f"judged {judged} of {len(results)}; the rest needs {listed}")


def _counts(totals: Mapping[Verdict, int]) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in totals.items() if number)


def _judged(entries: list[CaseResult]) -> str:
    """What the oracle has judged, and how much of it was violated."""
    violated = Counter([entry.verdict for entry in entries])
    del violated[Verdict.PASS]
    return f"{counted(len(entries), 'requirement')}, {_counts(violated) or 'none violated'}"


def _ids(ids: list[str]) -> str:
    """The first few ids, and how many more."""
    more = len(ids) - _MOST_IDS
    return one_line(", ".join(ids[:_MOST_IDS]) + (f" and {more} more" if more > 0 else ""))
