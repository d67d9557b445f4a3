"""`conformance/catalogue/not_covered.toml`: why no case judges an entry of the catalogue."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.toml_places import nearest, read_toml
from tcpassay.core.toml_tables import TableReader

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.core.toml_places import TomlFile
    from tcpassay.model.catalogue import Catalogue


class Omission(NamedTuple):
    """One glob of a [[not_covered]]: the entries it names, why no case judges them, its place."""

    glob: str
    requirements: tuple[str, ...]
    reason: str
    file: str
    line: int


def not_covered_file() -> Path:
    """Where the project's own reasons stand."""
    return content_root() / "conformance" / "catalogue" / "not_covered.toml"


def load_not_covered(catalogue: Catalogue, path: Path | None = None) -> tuple[Omission, ...]:
    """The reasons, in the order of the file.

    Raises ConfigurationError with file and line: a malformed entry, a name that no entry of the
    catalogue has.
    """
    file = read_toml(not_covered_file() if path is None else path)
    top = TableReader(file, file.data)
    entries = file.data.get("not_covered", [])
    if "not_covered" in top and not (
        isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    ):
        raise top.error("not_covered", "wanted an array of tables: write [[not_covered]]")
    found: list[Omission] = []
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        found += _entry(file, index, entry, catalogue)
    for key in file.data:
        if key != "not_covered":
            raise top.error(key, f"unknown key {key!r}: entries are tables, [[not_covered]]")
    return tuple(found)


def _entry(
    file: TomlFile, index: int, entry: dict[str, object], catalogue: Catalogue
) -> list[Omission]:
    table = TableReader(file, entry, ("not_covered", index))
    several = isinstance(entry.get("requirement"), list)
    globs = table.texts("requirement") if several else (table.text("requirement"),)
    reason = table.text("reason")
    table.end()
    place = (str(file.path), file.line("not_covered", index))
    known = [requirement.id for requirement in catalogue]
    found = []
    for glob in globs:
        named = tuple(each for each in known if fnmatchcase(each, glob))
        if not named:
            hint = nearest(glob, known)
            raise table.error("requirement", f"{glob!r} names no entry of the catalogue{hint}")
        found.append(Omission(glob, named, reason, *place))
    return found
