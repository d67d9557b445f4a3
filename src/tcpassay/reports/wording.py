"""A requirement in one line, as reports show it."""

from __future__ import annotations

from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import load_catalogue


def describe(name: str) -> str:
    """Id, level, section and text of a requirement; the bare id where the catalogue has none."""
    try:
        found = load_catalogue().get(name)
    except ConfigurationError:
        return name
    return f"{found.id} ({found.level}, section {found.section}): {found.text}"
