"""What `compare` does with its options: outcomes of runs or of files, and the reports on them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tcpassay.cli.guard import complain_of_each
from tcpassay.cli.output import progress_console, result_console
from tcpassay.conformance.gate import ALL_AS_EXPECTED, TESTER_FAULT, UNEXPECTED
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.archive import Archive
from tcpassay.reports.baseline import read_outcomes
from tcpassay.reports.changes import changes
from tcpassay.reports.changes_text import changes_json, changes_markdown, lines
from tcpassay.reports.compare_console import ComparePrinter
from tcpassay.reports.compare_files import markdown, side_by_side_json
from tcpassay.reports.files import require_writable, write_text
from tcpassay.reports.matrix_svg import draw_matrix
from tcpassay.reports.outcomes import labelled, outcomes_of
from tcpassay.reports.page import Column, columns_of, write_pages
from tcpassay.reports.sidebyside import side_by_side
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.json_values import Json
    from tcpassay.reports.outcomes import TargetOutcomes

#: Names of the files in --out, without their suffixes.
SIDE_BY_SIDE = "compare"
CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The options of `tcpassay compare`."""

    names: tuple[str, ...]
    from_files: bool = False
    baseline: bool = False
    cases: tuple[str, ...] = ()
    slow: bool = False
    seed: int | None = None
    where_possible: bool = False
    every: bool = False
    unfold: bool = False
    out: Path | None = None
    html: Path | None = None
    svg: Path | None = None
    json: Path | None = None


def carry_out(wanted: Comparison) -> int:
    """Compare, report, and return the exit code. Raises TcpassayError before anything has run."""
    _refuse_mixture(wanted)
    for path, option in (
        (wanted.json, "--json"),
        (wanted.html, "--html"),
        (wanted.svg, "--svg"),
    ):
        if path is not None:
            require_writable(path, option)
    if wanted.baseline:
        return _changes(wanted)
    if wanted.from_files:
        archives = [Archive.open(Path(name)) for name in wanted.names]
        columns = _of_files(wanted.names, archives)
        _side_by_side(wanted, columns)
        complain_of_each([trouble for archive in archives for trouble in archive.troubles])
        return _gate([column.outcomes for column in columns])
    return _of_targets(wanted)


def _refuse_mixture(wanted: Comparison) -> None:
    if wanted.from_files and wanted.baseline:
        raise ConfigurationError("compare: --from and --baseline exclude each other")
    if wanted.baseline and len(wanted.names) != 2:
        raise ConfigurationError(
            f"compare --baseline: wanted two files, OLD.json NEW.json, got {len(wanted.names)}"
        )
    if wanted.baseline and wanted.svg is not None:
        raise ConfigurationError("compare: --svg is of targets side by side, not of --baseline")
    reading = wanted.from_files or wanted.baseline
    if reading and (wanted.cases or wanted.slow or wanted.where_possible or wanted.seed):
        raise ConfigurationError(
            "compare: --case, --slow, --seed and --where-possible are of a run; files are compared "
            "as they are"
        )
    if not reading and len(wanted.names) < 2:
        raise ConfigurationError(
            f"compare: two targets or more are wanted, got {wanted.names[0]}; "
            "with --from the names are run records"
        )


def _of_targets(wanted: Comparison) -> int:
    from tcpassay.cli.running import Request, carry_out_only

    ran = carry_out_only(
        Request(
            targets=wanted.names,
            cases=wanted.cases,
            slow=wanted.slow,
            seed=wanted.seed,
            where_possible=wanted.where_possible,
            out=wanted.out,
            every_trace=bool(_pages(wanted, SIDE_BY_SIDE)),
        )
    )
    archive = Archive(outcomes_of(ran.record), ran.record, ran.out)
    columns = columns_of(archive)
    if len(columns) < 2:
        for absent in ran.record.not_started:
            _say(f"{absent.target}: not started: {absent.reason}", "yellow")
        _say(f"nothing to compare; the files of the run are in {ran.out}", "yellow")
        return ran.exit_code
    _side_by_side(wanted, columns)
    complain_of_each(archive.troubles)
    _say(f"seed {ran.record.seed}, {ran.record.wall_s:.2f} s, files in {ran.out}", "dim")
    return ran.exit_code


def _of_files(names: Sequence[str], archives: Sequence[Archive]) -> list[Column]:
    found = [
        (column, Path(name))
        for name, archive in zip(names, archives, strict=True)
        for column in columns_of(archive)
    ]
    outcomes = [column.outcomes for column, _ in found]
    labels = labelled(outcomes, [path.name for _, path in found])
    return [replace(column, outcomes=each) for (column, _), each in zip(found, labels, strict=True)]


def _side_by_side(wanted: Comparison, columns: list[Column]) -> None:
    found = side_by_side([column.outcomes for column in columns], load_catalogue())
    told = markdown(found, every=wanted.every, cases=wanted.unfold)
    _write(wanted, SIDE_BY_SIDE, told, side_by_side_json(found))
    if paths := _pages(wanted, SIDE_BY_SIDE):
        told = ", ".join(map(str, paths))
        progress_console().print(f"tcpassay: writing {told}", soft_wrap=True)
        write_pages(paths, columns)
    if wanted.svg is not None:
        write_text(wanted.svg, draw_matrix(found))
    ComparePrinter(result_console(), every=wanted.every, cases=wanted.unfold).show(found)


def _pages(wanted: Comparison, name: str) -> list[Path]:
    """Where the page is written."""
    beside = [] if wanted.out is None else [wanted.out / f"{name}.html"]
    return beside if wanted.html is None else [*beside, wanted.html]


def _changes(wanted: Comparison) -> int:
    before, after = (read_outcomes(Path(name)) for name in wanted.names)
    found = changes(before, after)
    _write(wanted, CHANGES, changes_markdown(found, describe), changes_json(found))
    for path in _pages(wanted, CHANGES):
        from tcpassay.reports.changes_html import write_changes

        write_changes(path, found, describe)
    for text, style in lines(found, describe):
        _say(text, style)
    return UNEXPECTED if found.worse else ALL_AS_EXPECTED


def _gate(columns: list[TargetOutcomes]) -> int:
    """As the exit code of a run that gave this."""
    outcomes = [outcome for column in columns for outcome in column.cases.values()]
    if any(outcome.verdict is Verdict.ERROR for outcome in outcomes):
        return TESTER_FAULT
    return ALL_AS_EXPECTED if all(outcome.as_expected for outcome in outcomes) else UNEXPECTED


def _write(wanted: Comparison, name: str, told: str, value: dict[str, Json]) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    if wanted.out is not None:
        write_text(wanted.out / f"{name}.md", told)
        write_text(wanted.out / f"{name}.json", text)
    if wanted.json is not None:
        write_text(wanted.json, text)


def _say(text: str, style: str = "") -> None:
    result_console().print(Text(text, style), soft_wrap=True)
