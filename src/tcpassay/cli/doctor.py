"""`tcpassay doctor`: what this machine can run, and what to do about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from tcpassay.targets.examine.check import Check


@guarded
def doctor(
    target: Annotated[
        str | None,
        typer.Option(metavar="T", help="Only this target: a name or the path of a target.toml."),
    ] = None,
) -> int:
    """Say what this machine can run, and what to do about the rest.

    Exit code 4 when the target named cannot be started, or none can.

    tcpassay doctor --target linux
    """
    from tcpassay.cli.checks import check_machine, check_targets
    from tcpassay.core.errors import TargetUnavailableError

    machine = check_machine()
    targets = check_targets(target)
    _print([*machine, *targets])
    if any(check.ok for check in targets):
        return 0
    return TargetUnavailableError.exit_code


def _print(checks: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tcpassay.cli.output import result_console
    from tcpassay.reports.text import one_line

    table = Table()
    table.add_column("what")
    table.add_column("")
    table.add_column("found, and what to do", overflow="fold")
    for check in checks:
        mark = Text("yes", "green") if check.ok else Text("no", "red")
        advice = f"; {check.advice}" if check.advice else ""
        table.add_row(Text(check.what), mark, Text(one_line(check.found + advice)))
    result_console().print(table)
