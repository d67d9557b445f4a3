"""Cases as the command line names them: globs over ids, or paths of one's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.load import load_cases
from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.conformance.case import Case


class Named(NamedTuple):
    """The cases loaded, globs that choose among them, and whether all the project's are there."""

    cases: tuple[Case, ...]
    globs: tuple[str, ...]
    whole: bool


def load_named(names: Sequence[str]) -> Named:
    """Load what `--case` asks for: a path of a file or folder of cases, else a glob over ids.

    Raises ConfigurationError for a file that is no file of cases.
    """
    paths = [Path(name) for name in names if _is_path(name)]
    globs = [name for name in names if not _is_path(name)]
    if not paths:
        return Named(load_cases(), tuple(globs), whole=True)
    own = load_cases() if globs else ()
    cases = {case.id: case for case in own}
    for path in paths:
        found = load_cases(path)
        if not found:
            raise ConfigurationError(f"{path}: no case here; mark a function with @case(...)")
        cases |= {case.id: case for case in found}
        globs += [case.id for case in found]
    return Named(tuple(cases.values()), tuple(globs), whole=False)


def _is_path(name: str) -> bool:
    """`./mine.py`, `/abs/folder`, `mine.py`: an id is none of these."""
    return name.startswith(("/", "./", "../", "~")) or name.endswith(".py")
