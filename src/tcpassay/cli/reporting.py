"""What `report` does with its options: a run read back, and each report that is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from tcpassay.cli.guard import complain, complain_of_each
from tcpassay.cli.output import result_console
from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.archive import Archive
from tcpassay.reports.files import require_writable, write_text
from tcpassay.reports.text import counted
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from tcpassay.reports.record import RunRecord

#: Where GitHub has checked the repository out.
_WORKSPACE: Final = "GITHUB_WORKSPACE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `tcpassay report`; without any the console's report is wanted."""

    html: Path | None = None
    svg: Path | None = None
    markdown: Path | None = None
    junit: Path | None = None
    bundle: Path | None = None
    captures: Path | None = None
    annotations: bool = False
    badges: Path | None = None


def carry_out(run: Path, wanted: Wanted) -> int:
    """Read `run` and write what is wanted of it; the exit code. Raises TcpassayError."""
    archive = Archive.open(run)
    record = archive.record
    if record is None:
        raise ConfigurationError(f"{run}: a baseline is no run; `tcpassay compare --from` shows it")
    _require_writable(wanted)
    _write(wanted, record, archive)
    if wanted.annotations:
        _annotate(record)
    if wanted == Wanted():
        from tcpassay.reports.console import ResultPrinter

        ResultPrinter(result_console(), describe, archive.folder).show(record)
    _complain(record, archive)
    return 0


def _require_writable(wanted: Wanted) -> None:
    for path, option in (
        (wanted.html, "--html"),
        (wanted.svg, "--svg"),
        (wanted.markdown, "--markdown"),
        (wanted.junit, "--junit"),
        (wanted.bundle, "--json"),
        (wanted.badges, "--badges"),
    ):
        if path is not None:
            require_writable(path, option)


def _write(wanted: Wanted, record: RunRecord, archive: Archive) -> None:
    if wanted.html is not None:
        from tcpassay.reports.page import columns_of, write_page

        write_page(wanted.html, columns_of(archive))
    if wanted.svg is not None:
        _draw(wanted.svg, archive)
    if wanted.markdown is not None:
        from tcpassay.reports.run_markdown import run_markdown

        write_text(wanted.markdown, run_markdown(record, describe))
    if wanted.junit is not None:
        from tcpassay.reports.junit import write_junit

        write_junit(wanted.junit, record, describe, archive.folder)
    if wanted.badges is not None:
        from tcpassay.model.catalogue import load_catalogue
        from tcpassay.reports.badges import badges_markdown

        write_text(wanted.badges, badges_markdown(archive.outcomes, load_catalogue()))
    if wanted.bundle is not None:
        from tcpassay.reports.bundle import write_bundle

        traces = write_bundle(wanted.bundle, record, archive)
        complain(f"{wanted.bundle}: {counted(len(record.cases), 'case')}, {_traces(traces)}")
    if wanted.captures is not None:
        from tcpassay.reports.recapture import write_captures

        made = write_captures(wanted.captures, record, archive)
        complain(
            f"{wanted.captures}: {counted(made.written, 'capture')}; "
            f"{counted(made.without, 'case')} kept no trace"
            + (f", {counted(made.unread, 'trace')} could not be read" if made.unread else "")
        )


def _draw(path: Path, archive: Archive) -> None:
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.reports.matrix_svg import draw_matrix
    from tcpassay.reports.sidebyside import side_by_side

    write_text(path, draw_matrix(side_by_side(archive.outcomes, load_catalogue(), least=1)))


def _traces(number: int) -> str:
    return counted(number, "trace") if number else "no trace beside it"


def _annotate(record: RunRecord) -> None:
    from tcpassay.reports.annotations import workflow_commands

    workspace = os.environ.get(_WORKSPACE)
    for command in workflow_commands(record, describe, Path(workspace) if workspace else None):
        typer.echo(command)


def _complain(record: RunRecord, archive: Archive) -> None:
    """Say what the reports do not have."""
    if not record.complete:
        ended = sum(not case.result.of_oracle for case in record.cases)
        planned = sum(record.planned.values())
        complain(f"the run was cut short: {ended} of {planned} cases ended")
    complain_of_each(archive.troubles)
