"""Cases as the command line names them: globs over ids, paths of one's own files, the matrix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.load import load_cases
from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.targets.wire.target import Port

MATRIX = "matrix"


class Named(NamedTuple):
    """The cases loaded, globs that choose among them, and whether all the project's are there.

    `partly` are the sources ("cases", "matrix") of which not every id is among those loaded.
    """

    cases: tuple[Case, ...]
    globs: tuple[str, ...]
    whole: bool
    partly: frozenset[str] = frozenset()


def load_named(names: Sequence[str], *, matrix: bool = False, full: bool = False) -> Named:
    """Load what `--case` asks for: a path of a file or folder of cases, else a glob over ids.

    The matrix is generated only for `matrix` or a glob that begins with its name; `full` then
    means all of its rows. Raises ConfigurationError for a file that is no file of cases, and for
    `full` without rows to widen.
    """
    paths = [Path(name) for name in names if _is_path(name)]
    globs = [name for name in names if not _is_path(name)]
    if matrix:
        globs.append(MATRIX)
    rows = [glob for glob in globs if glob.split("/")[0] == MATRIX]
    wanted = bool(rows)
    partly = set() if wanted and full else {MATRIX}
    own: tuple[Case, ...] = ()
    if len(globs) > len(rows) or not (paths or rows):
        own = load_cases()
    elif rows:
        partly.add("cases")
    if full and not wanted:
        raise ConfigurationError("--full widens the matrix: give --matrix or --case 'matrix/...'")
    if wanted:
        own = (*own, *_rows(rows, full=full))
    if not paths:
        return Named(own, tuple(globs), whole=True, partly=frozenset(partly))
    cases = {case.id: case for case in own}
    for path in paths:
        found = load_cases(path)
        if not found:
            raise ConfigurationError(f"{path}: no case here; mark a function with @case(...)")
        cases |= {case.id: case for case in found}
        globs += [case.id for case in found]
    return Named(tuple(cases.values()), tuple(globs), whole=False, partly=frozenset(partly))


def wire_place(
    text: str | None, netns: str | None, service: str | None, peer: str | None
) -> Port | None:
    """What --wire-only and its companions mean. Raises ConfigurationError."""
    from tcpassay.targets.wire.target import Port, check_peer, parse_port

    given = {"--netns": netns, "--service": service, "--peer": peer}
    if text is None:
        alone = next((option for option, value in given.items() if value is not None), None)
        if alone is not None:
            raise ConfigurationError(f"{alone} goes with --wire-only ADDRESS:PORT")
        return None
    address, port = parse_port(text)
    if netns is None:
        raise ConfigurationError(
            f"--wire-only {text!r}: --netns NS is missing, the network namespace that reaches the "
            "target; the host's own is never used"
        )
    if peer is not None:
        check_peer(address, peer)
    return Port(netns, address, port, service, peer)


def _rows(globs: Sequence[str], *, full: bool) -> Iterator[Case]:
    """The rows of a run, and such as a glob names in full."""
    from tcpassay.conformance.matrix.cases import find_row, matrix_cases

    known = set()
    for row in matrix_cases(full=full):
        known.add(row.id)
        yield row
    for name in globs:
        named = None if name in known else find_row(name)
        if named is not None:
            yield named


def _is_path(name: str) -> bool:
    """`./mine.py`, `/abs/folder`, `mine.py`: an id is none of these."""
    return name.startswith(("/", "./", "../", "~")) or name.endswith(".py")
