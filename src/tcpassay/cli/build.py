"""`tcpassay targets build`: build the agents of targets that come as sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import complain, guarded

if TYPE_CHECKING:
    from tcpassay.core.errors import TargetUnavailableError
    from tcpassay.targets.manifest import Manifest


@guarded
def build(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET]...", help="Names or paths; default: all that are built."),
    ] = None,
    *,
    install: Annotated[
        bool, typer.Option("--install", help="Install missing Debian packages first (root).")
    ] = False,
    where_possible: Annotated[
        bool,
        typer.Option("--where-possible", help="Say what cannot be built and go on; exit code 0."),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Build even what is up to date.")] = False,
) -> int:
    """Build the agents of targets that come as sources, in a cache outside of the project.

    tcpassay targets build lwip gvisor --install
    """
    from tcpassay.cli.output import progress_console
    from tcpassay.core.errors import TargetUnavailableError
    from tcpassay.targets.registry import available, load

    console = progress_console()
    wanted = [load(name) for name in names] if names else [m for m in available() if m.build]
    failed: list[TargetUnavailableError] = []
    for manifest in wanted:
        console.print(f"{manifest.name}: {_told(manifest)}")
        try:
            _build(manifest, install=install, again=again)
        except TargetUnavailableError as error:
            failed.append(error)
            complain(f"{'skipped: ' if where_possible else ''}{error}")
    return failed[0].exit_code if failed and not where_possible else 0


def _told(manifest: Manifest) -> str:
    return "building" if manifest.build else "nothing to build"


def _build(manifest: Manifest, *, install: bool, again: bool) -> None:
    from tcpassay.core.errors import TargetUnavailableError
    from tcpassay.targets import building

    if manifest.build is None:
        return
    missing = building.missing(manifest.build)
    if missing.needed and not install:
        names = " ".join(missing.needed)
        raise TargetUnavailableError(
            f"target {manifest.name!r} needs {names}: apt-get install {names}, or say --install"
        )
    if install and missing.needed:
        building.install(missing.needed)
    if install and missing.optional:
        try:
            building.install(missing.optional)
        except TargetUnavailableError as error:
            complain(f"going on without: {error}")
    if again or not building.is_built(manifest):
        building.build_agent(manifest)
