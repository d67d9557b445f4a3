"""What changed between two runs as one self-contained HTML file (templates/changes.html.j2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.reports.changes import KINDS
from tcpassay.reports.changes_text import summary
from tcpassay.reports.files import write_text
from tcpassay.reports.measured_console import shown_value
from tcpassay.reports.sidebyside import CODES, LETTERS, NOT_RUN
from tcpassay.reports.templating import own_text, rendered
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tcpassay.core.verdict import Verdict
    from tcpassay.reports.changes import Change, Changes, Kind
    from tcpassay.reports.failure import Describe

_TEMPLATE: Final = "changes.html.j2"

#: Changes of one kind, and values, that have a row; the others are counted.
MOST_ROWS: Final = 2000
#: Characters of a message.
_MESSAGE: Final = 600

_MEANING: Final[Mapping[Kind, str]] = {
    "newly failing": "worse: what was all right, or not as bad, is not any more",
    "new and failing": "worse: cases that were not there before and that nobody expected to fail",
    "no longer judged": "worse: judged before, and now the target is said not to have it",
    "newly passing": "better: deviations and failures that have gone or weigh less",
    "newly judged": "better: what was not judged before",
    "another choice": "no better and no worse: the target may choose",
    "new": "cases that were not there before",
    "gone": "cases that are not there any more",
}


def write_changes(path: Path, found: Changes, describe: Describe) -> None:
    """Write the page whole. Raises TcpassayError where it cannot be written."""
    write_text(path, render_changes(found, describe))


def render_changes(found: Changes, describe: Describe) -> str:
    """The page: what got worse first, by requirement. Whatever a target said in it is escaped."""
    return rendered(
        _TEMPLATE,
        title=one_line(", ".join((*(new.name for _, new in found.targets), *found.only_before))),
        style=own_text("style.css"),
        worse=found.worse,
        summary=summary(found),
        targets=[
            {
                "name": one_line(new.name),
                "before": one_line(old.version),
                "after": one_line(new.version),
                "clock": one_line(new.clock),
            }
            for old, new in found.targets
        ],
        parts=[*_parts(found, describe)],
        measures=[
            {
                "target": one_line(each.target),
                "case": one_line(each.case),
                "name": one_line(each.name),
                "before": shown_value(each.before),
                "after": shown_value(each.after),
            }
            for each in found.measures[:MOST_ROWS]
        ],
        more_measures=_more(len(found.measures), "value"),
    )


def _parts(found: Changes, describe: Describe) -> Iterator[dict[str, object]]:
    """One kind of change each, with its requirements."""
    for kind in KINDS:
        of_kind = found.by_requirement(kind)
        number = sum(map(len, of_kind.values()))
        if not number:
            continue
        requirements = counted(len(of_kind), "requirement")
        yield {
            "kind": kind,
            "meaning": _MEANING[kind],
            "counts": f"{counted(number, 'case')}, {requirements}",
            "open": kind not in {"new", "gone"},
            "requirements": [*_requirements(of_kind, describe)],
            "more": _more(number, "case"),
        }


def _requirements(
    of_kind: Mapping[str, list[Change]], describe: Describe
) -> Iterator[dict[str, object]]:
    room = MOST_ROWS
    for name, several in of_kind.items():
        shown = several[:room]
        room -= len(shown)
        if shown:
            told = one_line(describe(name)) or "no requirement"
            yield {"told": told, "changes": [_change(each) for each in shown]}


def _change(change: Change) -> dict[str, object]:
    return {
        "before": _verdict(change.before),
        "after": _verdict(change.after),
        "words": f"{_word(change.before)}, {_word(change.after)}",
        "target": one_line(change.target),
        "case": one_line(change.case),
        "message": one_line(change.message, _MESSAGE),
    }


def _verdict(verdict: Verdict | None) -> dict[str, str]:
    code, letter = ("N", NOT_RUN) if verdict is None else (CODES[verdict], LETTERS[verdict])
    return {"code": code, "letter": letter, "word": _word(verdict)}


def _word(verdict: Verdict | None) -> str:
    return "not there" if verdict is None else verdict.value


def _more(number: int, noun: str) -> str:
    """How many have no row; empty where all have one."""
    return counted(number - MOST_ROWS, f"more {noun}") if number > MOST_ROWS else ""
