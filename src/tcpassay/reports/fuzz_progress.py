"""What a campaign is doing, on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.text import Text

from tcpassay.reports.fuzz_record import replay_words
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord, SourceShare

_REDRAW_S = 0.2
_PLAIN_LINE_S = 5.0
_MILLION = 1_000_000


class FuzzProgress:
    """Shows a campaign's record as it grows; use it as a context manager. `now` reads seconds."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._drawn = now()
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(Text(f"tcpassay: {one_line(text)}"), soft_wrap=True)

    def found(self, record: FuzzRecord, finding: FuzzFinding) -> None:
        """One line a finding: what, where, its trace and how to see it again."""
        what = "finding" if not finding.explained else f"explained by {finding.explained}"
        again = "" if finding.explained else f"; {replay_words(record, finding)}"
        self.say(f"{what}: {finding.why} ({finding.requirement}) in {finding.where}{again}")

    def show(self, record: FuzzRecord) -> None:
        """Draw, a few times a second at most; every five seconds where there is no terminal."""
        interval = _PLAIN_LINE_S if self._live is None else _REDRAW_S
        if self._now() - self._drawn < interval:
            return
        self._drawn = self._now()
        if self._live is None:
            self.say("; ".join(_lines(record)))
            return
        picture = Text("\n".join(one_line(line) for line in _lines(record)))
        self._live.update(picture, refresh=True)


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
