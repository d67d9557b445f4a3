"""A campaign as a fragment of HTML, for a page to take in (reports/templates/fuzz.html.j2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.reports.files import write_text
from tcpassay.reports.fuzz_progress import kinds
from tcpassay.reports.fuzz_record import replay_words, suite_words
from tcpassay.reports.templating import rendered
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.failure import Describe
    from tcpassay.reports.fuzz_record import FuzzFinding, FuzzRecord

_TEMPLATE: Final = "fuzz.html.j2"


def write_fuzz_html(path: Path, record: FuzzRecord, describe: Describe) -> None:
    """Write the fragment whole. Raises TcpassayError where it cannot be written."""
    write_text(path, render_fragment(record, describe))


def render_fragment(record: FuzzRecord, describe: Describe) -> str:
    """One <section>, unexplained findings first. Whatever a stack has said in it is escaped."""
    explained = [finding for finding in record.findings if finding.explained]
    return rendered(
        _TEMPLATE,
        target=one_line(record.target),
        version=one_line(record.version),
        clock=record.clock,
        seed=record.seed,
        summary=one_line(f"{counted(record.cases, 'case')}, {kinds(record)}"),
        sources=[source._asdict() for source in record.sources],
        findings=[
            _finding(record, finding, describe) for finding in [*record.unexplained, *explained]
        ],
    )


def _finding(record: FuzzRecord, finding: FuzzFinding, describe: Describe) -> dict[str, object]:
    texts = ("requirement", "judge", "why", "allowed", "explained", "reason", "origin", "where")
    return {
        **{name: one_line(getattr(finding, name)) for name in texts},
        "described": one_line(describe(finding.requirement)),
        "others": [one_line(describe(other)) for other in finding.others],
        "case": finding.case,
        "times": finding.times,
        "text": [one_line(step) for step in finding.text],
        "replay": one_line(replay_words(record, finding)),
        "suite": one_line(suite_words(record, finding)),
    }
