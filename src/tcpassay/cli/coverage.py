"""`tcpassay list --coverage`: what cases judge of the catalogue, and why not the rest."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import typer

from tcpassay.conformance.coverage import FATES, Bound, bound_by_citation, coverage, figures
from tcpassay.core.verdict import Level
from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.not_covered import load_not_covered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tcpassay.conformance.coverage import Coverage, Entry, Figure
    from tcpassay.core.json_values import Json

_WIDTH = 100


def print_coverage(records: Sequence[Path], *, as_json: bool) -> None:
    """Print what is covered: by what the cases cite or, of run `records`, by what was judged."""
    found = find_coverage(records)
    if as_json:
        typer.echo(json.dumps(_value(found), indent=1, ensure_ascii=False))
        return
    typer.echo("\n".join(_lines(found)))
    counted = Counter(entry.fate for entry in found.entries)
    told = ", ".join(f"{counted[fate]} {fate}" for fate in FATES)
    typer.echo(
        f"tcpassay: {len(found.entries)} entries: {told}; `tcpassay explain ID` tells more",
        err=True,
    )


def find_coverage(records: Sequence[Path] = ()) -> Coverage:
    """The coverage by citation, or by what was judged in the runs of `records`."""
    from tcpassay.targets.registry import available

    catalogue = load_catalogue()
    omissions = load_not_covered(catalogue)
    if records:
        from tcpassay.conformance.load import load_cases
        from tcpassay.reports.judged import bound_by_runs
        from tcpassay.reports.read import read_record

        runs = [read_record(path) for path in records]
        declared = frozenset(
            word for run in runs for target in run.targets for word in target.capabilities
        )
        bound = bound_by_runs(runs, catalogue, load_cases(catalogue=catalogue))
        return coverage(catalogue, bound, omissions, declared)
    manifests = available()
    declared = frozenset(word for manifest in manifests for word in manifest.capabilities)
    return coverage(catalogue, _by_citation(), omissions, declared)


def _by_citation() -> Bound:
    from tcpassay.conformance.load import load_cases
    from tcpassay.conformance.matrix.cases import matrix_cases
    from tcpassay.targets.registry import available

    catalogue = load_catalogue()
    cases = (*load_cases(catalogue=catalogue), *matrix_cases(full=False))
    return bound_by_citation(cases, available(), catalogue)


def _lines(found: Coverage) -> Iterator[str]:
    yield from _table(found.entries)
    for fate in ("not observable", "left out"):
        yield from _section(fate, [each for each in found.entries if each.fate == fate])
    missing = [each for each in found.entries if each.fate == "not covered"]
    yield from _section("not covered", [each for each in missing if each.reason])
    yield from _section("not covered, and nobody says why", found.unexplained())
    alone = _by_the_oracle()
    told = [each._replace(reason="") for each in missing if each.requirement.id in alone]
    yield from _section("of these the oracle judges, which counts as no case", told)
    if found.needless:
        yield ""
        yield "reasons for what is covered: take them out"
        for one in found.needless:
            yield f"  {one.file}:{one.line}: {one.glob}"
    yield ""
    yield "covered, of what can be observed and what a target has"
    yield from (_told(figure) for figure in figures(found.entries))


def _by_the_oracle() -> set[str]:
    """What the oracle has judged in the runs that the baselines are of."""
    from tcpassay.cli.why import baselines
    from tcpassay.conformance.result import ORACLE

    return {
        case.id.removeprefix(ORACLE)
        for target in baselines()
        for case in target.cases.values()
        if case.of_oracle
    }


def _table(entries: Sequence[Entry]) -> Iterator[str]:
    """One line a source and level: how many entries met each fate."""
    rows: dict[tuple[str, Level], Counter[str]] = {}
    for entry in entries:
        key = (entry.requirement.source, entry.requirement.level)
        rows.setdefault(key, Counter())[entry.fate] += 1
    source = max(len(key[0]) for key in rows)
    yield f"{'source':{source}}  {'level':11}  {'entries':>7}  {'  '.join(FATES)}"
    before = ""
    order = list(Level)
    for (name, level), counts in sorted(
        rows.items(), key=lambda r: (r[0][0], order.index(r[0][1]))
    ):
        cells = "  ".join(f"{counts[fate] or '-':>{len(fate)}}" for fate in FATES)
        shown = name if name != before else ""
        yield f"{shown:{source}}  {level:11}  {counts.total():>7}  {cells}"
        before = name


def _section(title: str, entries: Sequence[Entry]) -> Iterator[str]:
    """Entries under the reason that they share."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        told = f"{entry.requirement.id} ({entry.requirement.level})"
        by_reason.setdefault(entry.reason, []).append(told)
    if not by_reason:
        return
    yield ""
    yield f"{title}: {len(entries)}"
    for reason, names in by_reason.items():
        if reason:
            yield f"  {reason}"
        yield from _wrapped(names, "    " if reason else "  ")


def _wrapped(names: Sequence[str], indent: str) -> Iterator[str]:
    """Names in lines; none is broken."""
    line = ""
    for name in names:
        if line and len(indent) + len(line) + 2 + len(name) > _WIDTH:
            yield f"{indent}{line},"
            line = ""
        line = f"{line}, {name}" if line else name
    yield f"{indent}{line}"


def _told(figure: Figure) -> str:
    wanted = ""
    if figure.wanted is not None:
        wanted = f", {'' if figure.reached else 'NOT '}the {figure.wanted} % wanted"
    share = f"{figure.percent:5.1f} %  {figure.covered:3} of {figure.of:3}"
    return f"  {share}  {figure.name}{wanted}"


def _value(found: Coverage) -> dict[str, Json]:
    return {
        "entries": [
            {
                "id": entry.requirement.id,
                "source": entry.requirement.source,
                "section": entry.requirement.section,
                "level": entry.requirement.level.value,
                "observable": entry.requirement.observable,
                "condition": entry.requirement.condition or None,
                "fate": entry.fate,
                "reason": entry.reason or None,
            }
            for entry in found.entries
        ],
        "needless": [
            {"requirement": one.glob, "file": one.file, "line": one.line} for one in found.needless
        ],
        "figures": [
            {
                "name": figure.name.strip(),
                "covered": figure.covered,
                "of": figure.of,
                "percent": round(figure.percent, 1),
                "wanted": figure.wanted,
                "reached": figure.reached,
            }
            for figure in figures(found.entries)
        ],
    }
