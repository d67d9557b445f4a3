"""What `report` does with its options: a run read back, and each report that is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from tcpassay.cli.guard import complain, complain_of_each
from tcpassay.cli.output import result_console
from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.reports.archive import Archive
from tcpassay.reports.files import require_writable, require_writable_folder, write_text
from tcpassay.reports.text import counted
from tcpassay.reports.wording import describe

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """Read `run` and write what is wanted of it; the exit code.

    A form that cannot be written is told and costs no other one. Raises TcpassayError before
    anything is written.
    """
    archive = Archive.open(run)
    record = archive.record
    if record is None:
        raise ConfigurationError(f"{run}: a baseline is no run; `tcpassay compare --from` shows it")
    forms = _forms(wanted)
    for form in forms:
        form.require()
    code = 0
    for form in forms:
        try:
            form.write(record, archive)
        except TcpassayError as error:
            complain(str(error))
            code = max(code, error.exit_code)
    _complain(record, archive)
    return code


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of the report, and what has to hold before it is worth while to begin."""

    write: Callable[[RunRecord, Archive], None]
    require: Callable[[], None] = lambda: None


def _forms(wanted: Wanted) -> list[_Form]:
    """What is wanted, first what is short and most read: a fault may end all."""
    forms = []
    if wanted == Wanted():
        forms.append(_Form(_show))
    if wanted.annotations:
        forms.append(_Form(_annotate))
    for option, path, write in (
        ("--markdown", wanted.markdown, _markdown),
        ("--junit", wanted.junit, _junit),
        ("--badges", wanted.badges, _badges),
        ("--json", wanted.bundle, _bundle),
        ("--svg", wanted.svg, _picture),
        ("--html", wanted.html, _page),
    ):
        if path is not None:
            forms.append(_Form(partial(write, path), partial(require_writable, path, option)))
    if wanted.captures is not None:
        require = partial(require_writable_folder, wanted.captures, "--pcapng")
        forms.append(_Form(partial(_captures, wanted.captures), require))
    return forms


def _show(record: RunRecord, archive: Archive) -> None:
    from tcpassay.reports.console import ResultPrinter

    ResultPrinter(result_console(), describe, archive.folder).show(record)


def _annotate(record: RunRecord, _archive: Archive) -> None:
    from tcpassay.reports.annotations import workflow_commands

    workspace = os.environ.get(_WORKSPACE)
    for command in workflow_commands(record, describe, Path(workspace) if workspace else None):
        typer.echo(command)


def _markdown(path: Path, record: RunRecord, _archive: Archive) -> None:
    from tcpassay.reports.run_markdown import run_markdown

    write_text(path, run_markdown(record, describe))


def _junit(path: Path, record: RunRecord, archive: Archive) -> None:
    from tcpassay.reports.junit import write_junit

    write_junit(path, record, describe, archive.folder)


def _badges(path: Path, _record: RunRecord, archive: Archive) -> None:
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.reports.badges import badges_markdown

    write_text(path, badges_markdown(archive.outcomes, load_catalogue()))


def _bundle(path: Path, record: RunRecord, archive: Archive) -> None:
    from tcpassay.reports.bundle import write_bundle

    traces = write_bundle(path, record, archive)
    complain(f"{path}: {counted(len(record.cases), 'case')}, {_traces(traces)}")


def _traces(number: int) -> str:
    return counted(number, "trace") if number else "no trace beside it"


def _picture(path: Path, _record: RunRecord, archive: Archive) -> None:
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.reports.matrix_svg import draw_matrix
    from tcpassay.reports.sidebyside import side_by_side

    write_text(path, draw_matrix(side_by_side(archive.outcomes, load_catalogue(), least=0)))


def _page(path: Path, record: RunRecord, archive: Archive) -> None:
    from tcpassay.reports.page import columns_of, write_page

    write_page(path, columns_of(archive), runs=[record])


def _captures(folder: Path, record: RunRecord, archive: Archive) -> None:
    from tcpassay.reports.recapture import write_captures

    made = write_captures(folder, record, archive)
    complain(
        f"{folder}: {counted(made.written, 'capture')}; "
        f"{counted(made.without, 'case')} kept no trace"
        + (f", {counted(made.unread, 'trace')} could not be read" if made.unread else "")
    )


def _complain(record: RunRecord, archive: Archive) -> None:
    """Say what the reports do not have."""
    if record.ending:
        complain(f"the run was {record.ending}")
    complain_of_each(archive.troubles)
