"""Finding cases: Python files below the cases folder, or below a path that the user names."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.conformance.case import Case, mark_of, title_of
from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.failed_import import failed_line, told
from tcpassay.core.toml_places import nearest
from tcpassay.model.catalogue import STATES, Catalogue, load_catalogue
from tcpassay.targets.capabilities import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tcpassay.conformance.case import CaseFunction, CaseMark

_NAME = re.compile(r"[^\s/*?\[\]]+")


def cases_folder() -> Path:
    """Where the cases lie that ship with the project."""
    return content_root() / "conformance" / "cases"


def load_cases(path: Path | None = None, catalogue: Catalogue | None = None) -> tuple[Case, ...]:
    """Every case below the project's cases folder, or in the file or folder that `path` names.

    An id is `<folder>/<file stem>/<function>[/<row>]`; `SECTION = "3.10.7.3"` in a file stands in
    its ids for the file's stem. In order of file names, then as written. Raises ConfigurationError
    with file and line: a file that cannot be imported, an unknown requirement, capability or
    state, a case without docstring, an id that is taken.
    """
    catalogue = catalogue or load_catalogue()
    root, files = _files(path)
    cases: dict[str, Case] = {}
    for file in files:
        for case in _cases_of(file, root, catalogue):
            other = cases.get(case.id)
            if other is not None:
                msg = (
                    f"{case.file}:{case.line}: case {case.id} stands already in "
                    f"{other.file}:{other.line}; rename one of them"
                )
                raise ConfigurationError(msg)
            cases[case.id] = case
    return tuple(cases.values())


def _files(path: Path | None) -> tuple[Path, list[Path]]:
    """The folder that ids are counted from, and the files below `path`."""
    own = cases_folder()
    start = own if path is None else path.resolve()
    if not start.exists():
        raise ConfigurationError(f"{path}: no such file or folder of cases")
    root = own if start.is_relative_to(own) else start.parent
    if start.is_file():
        return root if root == own else start.parent.parent, [start]
    return root, sorted(
        file for file in start.rglob("*.py") if not file.name.startswith((".", "_"))
    )


def _cases_of(file: Path, root: Path, catalogue: Catalogue) -> Iterator[Case]:
    module = _import(file)
    relative = file.relative_to(root)
    section = getattr(module, "SECTION", relative.stem)
    if not isinstance(section, str) or not _NAME.fullmatch(section):
        raise ConfigurationError(f"{_shown(file)}:1: SECTION is {section!r}, wanted a name")
    prefix = (relative.parent / section).as_posix()
    for name, function in vars(module).items():
        mark = mark_of(function)
        if mark is None or getattr(function, "__module__", None) != module.__name__:
            continue
        yield from _rows(f"{prefix}/{name}", file, function, mark, catalogue)


def _rows(
    case_id: str, file: Path, function: CaseFunction, mark: CaseMark, catalogue: Catalogue
) -> Iterator[Case]:
    line = inspect.unwrap(function).__code__.co_firstlineno
    place = f"{_shown(file)}:{line}"
    title = title_of(function)
    if not title:
        msg = f"{place}: case {case_id} has no docstring: say the stimulus; then the requirement"
        raise ConfigurationError(msg)
    mark = _checked(mark, place, catalogue)
    shown = _shown(file)
    if not mark.rows:
        yield Case(case_id, title, shown, line, mark, function)
    for row, value in mark.rows.items():
        if not _NAME.fullmatch(row) or not row.isprintable():
            msg = (
                f"{place}: row name {row!r} of case {case_id} has a blank, slash, wildcard or "
                "control character"
            )
            raise ConfigurationError(msg)
        yield Case(f"{case_id}/{row}", title, shown, line, mark, function, value, has_row=True)


def _checked(mark: CaseMark, place: str, catalogue: Catalogue) -> CaseMark:
    """The mark with full requirement ids, its other names known."""
    try:
        requirements = tuple(catalogue.get(name).id for name in mark.requirements)
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error}") from None
    for need in mark.needs:
        if need not in CAPABILITIES:
            msg = f"{place}: unknown capability {need!r}{nearest(need, CAPABILITIES)}"
            raise ConfigurationError(msg)
    if mark.state and mark.state not in STATES:
        msg = f"{place}: unknown state {mark.state!r}{nearest(mark.state, STATES)}"
        raise ConfigurationError(msg)
    return replace(mark, requirements=requirements)


def _import(file: Path) -> ModuleType:
    """Import by path, under a private name that no other file has."""
    name = f"_tcpassay_cases.{file.as_posix().replace('.', '_').replace('/', '.')}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None  # noqa: S101 - the suffix is .py
    assert spec.loader is not None  # noqa: S101 - and so there is a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _failed(file, error) from error
    return module


def _failed(file: Path, error: Exception | SystemExit) -> ConfigurationError:
    place = f"{_shown(file)}:{failed_line(file, error)}"
    if isinstance(error, ConfigurationError):
        return ConfigurationError(f"{place}: {error}")
    return ConfigurationError(f"{place}: cannot be imported: {told(error)}")


def _shown(file: Path) -> str:
    """Relative to the content root where the file lies below it."""
    root = content_root()
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
