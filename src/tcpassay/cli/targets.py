"""`tcpassay targets`: which targets there are; and what is done to one, a module a verb."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import complain, guarded
from tcpassay.cli.targets_build import build
from tcpassay.cli.targets_new import new

if TYPE_CHECKING:
    from tcpassay.core.json_values import Json
    from tcpassay.targets.manifest import Manifest


targets = typer.Typer(help="List the targets that `tcpassay run` knows by name; make or build one.")
targets.command("new")(new)
targets.command("build")(build)


@targets.callback(invoke_without_command=True)
def targets_or_verb(
    context: typer.Context,
    *,
    json: Annotated[bool, typer.Option("--json", help="For a machine to read.")] = False,
) -> None:
    """List the targets that `tcpassay run` knows by name.

    A target of your own is named by the path of its target.toml:
    tcpassay run ./mystack/target.toml
    """
    if context.invoked_subcommand is None:
        list_targets(json=json)


@guarded
def list_targets(*, json: bool) -> int:
    """Print the targets that are in order; complain of the others."""
    from tcpassay.cli.output import print_json
    from tcpassay.targets.registry import find

    found = find()
    if json:
        print_json([_as_json(manifest) for manifest in found.manifests])
    else:
        _print_table(found.manifests)
    for problem in found.problems:
        complain(str(problem))
    return found.problems[0].exit_code if found.problems else 0


def _print_table(manifests: list[Manifest]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tcpassay.cli.output import result_console
    from tcpassay.reports.text import one_line

    table = Table()
    for heading in ("target", "kind", "clock", "IP", "what it is"):
        table.add_column(heading)
    for manifest in manifests:
        table.add_row(
            Text(manifest.name, "bold"),
            manifest.kind,
            manifest.clock,
            ", ".join(str(version) for version in _versions(manifest)),
            Text(one_line(manifest.title)),
        )
    result_console().print(table)


def _versions(manifest: Manifest) -> list[int]:
    return [n for n, has in ((4, manifest.ipv4), (6, manifest.ipv6)) if has is not None]


def _as_json(manifest: Manifest) -> dict[str, Json]:
    return {
        "name": manifest.name,
        "title": manifest.title,
        "kind": manifest.kind,
        "clock": manifest.clock,
        "ip": [*_versions(manifest)],
        "capabilities": [*sorted(manifest.capabilities)],
        "settings": [*sorted(manifest.settings)],
        "manifest": str(manifest.path),
    }
