"""What changed between two runs, for the console, as Markdown and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.reports.changes import KINDS, WORSE
from tcpassay.reports.compare_files import SCHEMA, target_json
from tcpassay.reports.markdown import escaped, fitting, table_head, table_row
from tcpassay.reports.measured_console import shown_value
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.json_values import Json
    from tcpassay.core.verdict import Verdict
    from tcpassay.reports.changes import Change, Changes, Kind
    from tcpassay.reports.failure import Describe

#: Cases told under one requirement; the others are counted.
MOST_CASES = 6

_STYLE: dict[Kind, str] = {
    "newly failing": "bold red",
    "new and failing": "bold red",
    "no longer judged": "yellow",
    "newly passing": "green",
    "newly judged": "green",
    "another choice": "cyan",
    "new": "",
    "gone": "dim",
}


def lines(found: Changes, describe: Describe) -> Iterator[tuple[str, str]]:
    """The lines of the console, each with its style. New and gone cases are told by id alone."""
    for old, new in found.targets:
        versions = old.version if old.version == new.version else f"{old.version} -> {new.version}"
        yield one_line(f"{new.name}: {versions}"), "bold"
    for kind in KINDS:
        of_kind = found.by_requirement(kind)
        number = sum(map(len, of_kind.values()))
        if not number:
            continue
        yield "", ""
        yield (
            f"{kind}: {counted(number, 'case')}, {counted(len(of_kind), 'requirement')}",
            (_STYLE[kind]),
        )
        for name, several in of_kind.items():
            yield f"  {one_line(describe(name))}", ""
            for change in several[:MOST_CASES]:
                yield f"    {_told(change)}", _STYLE[kind]
            if len(several) > MOST_CASES:
                yield f"    and {counted(len(several) - MOST_CASES, 'more case')}", "dim"
    if found.measures:
        yield "", ""
        yield f"measured differently: {counted(len(found.measures), 'value')}", "cyan"
        for measure in found.measures:
            values = f"{shown_value(measure.before)} -> {shown_value(measure.after)}"
            yield one_line(f"  {measure.target}  {measure.case}: {measure.name}: {values}"), ""
    yield "", ""
    yield summary(found), "bold"


def summary(found: Changes) -> str:
    """One line: better, worse or the same, what is missing, and what was left out."""
    counts = {kind: sum(change.kind == kind for change in found.changes) for kind in KINDS}
    told = [f"{number} {kind}" for kind, number in counts.items() if number]
    if found.measures:
        told.append(f"{len(found.measures)} measured differently")
    parts = [*found.missing, ", ".join(told)]
    if not any(parts):
        parts = ["nothing changed"]
    parts.append(", ".join(f"{name} only in the second" for name in found.only_after))
    return one_line(f"{'WORSE: ' if found.worse else ''}{'; '.join(filter(None, parts))}")


def _told(change: Change) -> str:
    message = f": {change.message}" if change.message and change.kind in WORSE else ""
    return one_line(f"{_verdicts(change)}  {change.target}  {change.case}{message}")


def _verdicts(change: Change) -> str:
    return f"{_word(change.before)} -> {_word(change.after)}"


def _word(verdict: Verdict | None) -> str:
    return verdict.value if verdict is not None else "none"


def changes_markdown(found: Changes, describe: Describe) -> str:
    """The changes as Markdown, every case of them, at most 1 MiB."""
    return fitting(_markdown(found, describe))


def _markdown(found: Changes, describe: Describe) -> Iterator[str]:
    yield "# What changed"
    yield ""
    yield f"{escaped(summary(found))}."
    yield from table_head("target", "before", "after")
    for old, new in found.targets:
        yield table_row(*map(escaped, (new.name, old.version, new.version)))
    for kind in KINDS:
        for number, (name, several) in enumerate(found.by_requirement(kind).items()):
            if not number:
                yield ""
                yield f"## {kind}"
            yield ""
            yield f"**{escaped(describe(name)) or 'no requirement'}**"
            yield ""
            yield from (f"- {escaped(_told(change))}" for change in several)
    if found.measures:
        yield ""
        yield "## measured differently"
        yield from table_head("target", "case", "value", "before", "after")
        for each in found.measures:
            cells = (each.target, each.case, each.name)
            values = (shown_value(each.before), shown_value(each.after))
            yield table_row(*map(escaped, (*cells, *values)))


def changes_json(found: Changes) -> dict[str, Json]:
    """The changes for a machine to read."""
    return {
        "compare": SCHEMA,
        "worse": found.worse,
        "targets": [
            {"before": target_json(old), "after": target_json(new)} for old, new in found.targets
        ],
        "only_before": [*found.only_before],
        "only_after": [*found.only_after],
        "missing": [*found.missing],
        "changes": [
            {
                "kind": change.kind,
                "target": change.target,
                "case": change.case,
                "requirement": change.requirement,
                "before": change.before.value if change.before else None,
                "after": change.after.value if change.after else None,
                "message": change.message,
            }
            for change in found.changes
        ],
        "measured": [
            {
                "target": each.target,
                "case": each.case,
                "name": each.name,
                "before": each.before,
                "after": each.after,
            }
            for each in found.measures
        ],
    }
