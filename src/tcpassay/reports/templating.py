"""Pages from the project's own templates (reports/templates): all that is put into one is escaped,
but for what a template calls `safe`, which is its own style sheets and scripts.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from pathlib import Path


def rendered(template: str, **values: object) -> str:
    """A template with these values. Raises jinja2's UndefinedError for one that it misses."""
    return _environment().get_template(template).render(values)


def own_text(name: str) -> str:
    """A style sheet or script beside the templates, as it is."""
    return (_folder() / name).read_text(encoding="utf-8")


def _folder() -> Path:
    return content_root() / "reports" / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
