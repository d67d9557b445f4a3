"""`tcpassay targets build`: build the agents of targets that come as sources."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import complain, guarded

if TYPE_CHECKING:
    from tcpassay.core.errors import TargetUnavailableError
    from tcpassay.targets.manifest import Build, Manifest


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
        try:
            console.print(f"{manifest.name}: {_made(manifest, install=install, again=again)}")
        except TargetUnavailableError as error:
            failed.append(error)
            complain(f"{'skipped: ' if where_possible else ''}{error}")
    return failed[0].exit_code if failed and not where_possible else 0


def _made(manifest: Manifest, *, install: bool, again: bool) -> str:
    """What was done. Raises TargetUnavailableError."""
    from tcpassay.targets import building

    if manifest.build is None:
        return "nothing to build"
    _provide(manifest, manifest.build, install=install)
    if building.is_built(manifest) and not again:
        return "up to date"
    begun = time.monotonic()
    building.build_agent(manifest)
    return f"built in {time.monotonic() - begun:.1f} s"


def _provide(manifest: Manifest, build: Build, *, install: bool) -> None:
    """Its packages, as far as they can be had. Raises TargetUnavailableError."""
    from tcpassay.core.errors import TargetUnavailableError
    from tcpassay.targets import building

    missing = building.missing(build)
    names = " ".join(missing.needed)
    if names and not install:
        raise TargetUnavailableError(
            f"target {manifest.name!r} needs {names}: apt-get install {names}, or say --install"
        )
    if names:
        building.install(missing.needed)
    if missing.optional and install:
        try:
            building.install(missing.optional)
        except TargetUnavailableError as error:
            complain(f"target {manifest.name!r}: going on without: {error}")
