"""Where the material lies: catalogue, cases, targets, schemas. Read-only."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def content_root() -> Path:
    """The checkout's root when run from one, else the folder inside the installed package."""
    shipped = _PACKAGE / "_content"
    return shipped if shipped.is_dir() else _PACKAGE.parent.parent
