"""Entries of the catalogue that state the same behaviour: `conformance/catalogue/same.toml`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import read_toml
from tcpassay.model.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@cache
def same_behaviour() -> Mapping[str, tuple[str, ...]]:
    """The group of each entry that has one, in order: what most cases are about comes first.

    Raises ConfigurationError as `read_same` does.
    """
    return read_same(content_root() / "conformance" / "catalogue" / "same.toml")


def read_same(path: Path) -> Mapping[str, tuple[str, ...]]:
    """The groups of a file.

    Raises ConfigurationError for what is no group, an entry that the catalogue does not have, and
    one that stands in two groups.
    """
    groups: dict[str, tuple[str, ...]] = {}
    rows = read_toml(path).data.get("same")
    for row in cast("list[dict[str, object]]", rows if isinstance(rows, list) else []):
        entries = row.get("entries")
        names = tuple(map(str, entries)) if isinstance(entries, list) else ()
        if len(names) < 2 or not row.get("why"):
            raise ConfigurationError(f"{path}: a group is {row!r:.80}, wanted entries and why")
        for name in names:
            if load_catalogue().get(name).id in groups:
                raise ConfigurationError(f"{path}: {name} stands in two groups")
            groups[name] = names
    return groups
