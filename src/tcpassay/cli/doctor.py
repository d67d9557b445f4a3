"""`tcpassay doctor`: what this machine can run, and what to do about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from tcpassay.conformance.probing.proposal import Proposal
    from tcpassay.core.json_values import Json
    from tcpassay.targets.examine.check import Check


@guarded
def doctor(
    target: Annotated[
        str | None,
        typer.Option(metavar="T", help="Only this target: a name or the path of a target.toml."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="For a machine to read.")] = False,
) -> int:
    """Say what this machine can run, and what to do about the rest.

    With --target the agent is held to the protocol, the stack to the step contract,
    and each capability is tried: what is found is printed as lines for target.toml.

    Exit code 4 when the target named cannot be started, or none can; 1 when the one
    named breaks the protocol or the contract.

    tcpassay doctor --target ./mystack
    """
    from tcpassay.cli.checks import check_machine, check_targets
    from tcpassay.core.errors import TargetUnavailableError

    machine = check_machine()
    targets = check_targets(target)
    starts = any(check.ok for check in targets)
    examined, proposal = _examined(target) if target is not None and starts else ([], None)
    checks = [*machine, *targets, *examined]
    _tell(checks, proposal, json=json)
    if not starts:
        return TargetUnavailableError.exit_code
    return int(any(check.ok is False for check in examined))


def _examined(name: str) -> tuple[list[Check], Proposal | None]:
    from tcpassay.cli.examining import examine
    from tcpassay.cli.output import progress_console
    from tcpassay.targets.registry import open_target

    progress_console().print(f"tcpassay: trying what {name} can do")
    target = open_target(name)
    try:
        return examine(target)
    finally:
        target.close()


def _tell(checks: list[Check], proposal: Proposal | None, *, json: bool) -> None:
    from tcpassay.cli.output import print_json
    from tcpassay.reports.proposal_text import proposal_json

    if json:
        told: list[Json] = [{**check._asdict()} for check in checks]
        print_json({"checks": told, "proposal": proposal_json(proposal) if proposal else None})
        return
    _print(checks)
    if proposal is not None:
        _print_proposal(proposal)


def _print(checks: list[Check]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tcpassay.cli.output import result_console
    from tcpassay.reports.text import one_line

    table = Table()
    table.add_column("what")
    table.add_column("")
    table.add_column("found, and what to do", overflow="fold")
    marks = {True: ("yes", "green"), False: ("no", "red"), None: ("-", "")}
    for check in checks:
        advice = f"; {check.advice}" if check.advice else ""
        mark = Text(*marks[check.ok])
        table.add_row(Text(check.what), mark, Text(one_line(check.found + advice)))
    result_console().print(table)


def _print_proposal(proposal: Proposal) -> None:
    from tcpassay.reports.proposal_text import capability_lines, limit_lines

    differ = len(proposal.new) + len(proposal.missing)
    typer.echo(
        f"\nlines for {proposal.manifest.path}, as found; capabilities that differ: {differ}\n"
    )
    typer.echo("\n".join(capability_lines(proposal)) + "\n")
    typer.echo("\n".join(limit_lines(proposal)))
