"""What a campaign is doing, on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from tcpassay.reports.fuzz_record import replay_words
from tcpassay.reports.live import LiveLines
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord, SourceShare

_MILLION = 1_000_000


class FuzzProgress(LiveLines):
    """Shows a campaign's record as it grows."""

    def found(self, record: FuzzRecord, finding: FuzzFinding) -> None:
        """One line a finding: what, where, its trace and how to see it again."""
        what = "finding" if not finding.explained else f"explained by {finding.explained}"
        again = "" if finding.explained else f"; {replay_words(record, finding)}"
        self.say(f"{what}: {finding.why} ({finding.requirement}) in {finding.where}{again}")

    def show(self, record: FuzzRecord) -> None:
        """Draw the record, where it is time."""
        self.draw(lambda: "; ".join(_lines(record)), lambda: _picture(record))


def _picture(record: FuzzRecord) -> Text:
    return Text("\n".join(one_line(line) for line in _lines(record)))


def _lines(record: FuzzRecord) -> list[str]:
    new = "" if record.last_new is None else f", the last new one in case {record.last_new:,}"
    return [
        f"{record.target}: {counted(record.cases, 'case')}, {record.rate:,.0f} a second",
        f"{counted(record.states, 'state')}, {counted(record.triples, 'triple')}{new}",
        ", ".join(share_words(source) for source in record.sources),
        kinds(record),
    ]


def share_words(source: SourceShare) -> str:
    """`single edits 1,234 of 18,000`, `pairs 0.1 % of 40.0 M`, `sequence 5,000`."""
    done, total = source.done, source.total
    if total is None:
        return f"{source.name} {done:,}"
    if total < _MILLION:
        return f"{source.name} {done:,} of {total:,}"
    return f"{source.name} {100 * done / total:.2g} % of {total / _MILLION:,.1f} M"


def kinds(record: FuzzRecord) -> str:
    """Findings by the judge that speaks, explained ones apart."""
    by_judge = Counter(finding.judge for finding in record.unexplained)
    explained = len(record.findings) - by_judge.total()
    listed = ", ".join(f"{number} {judge}" for judge, number in sorted(by_judge.items()))
    words = counted(by_judge.total(), "finding") + (f" ({listed})" if listed else "")
    return words + (f", {explained} more that expectations explain" if explained else "")
