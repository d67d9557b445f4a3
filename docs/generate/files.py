"""The files that are made from the code, whole or between two marks."""

from __future__ import annotations

import re
from pathlib import Path

from docs.generate.diagram import svg
from docs.generate.tables import settings_table, transitions_table
from docs.generate.walk import listing

DOCS = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    """Each file as it ought to be."""
    page = DOCS / "reference-stack.md"
    text = page.read_text()
    for name, made in (
        ("walk", f"```\n{listing()}\n```"),
        ("transitions", transitions_table()),
        ("settings", settings_table()),
    ):
        text = placed(text, name, made)
    return {DOCS / "states.svg": svg(), page: text}


def placed(text: str, name: str, made: str) -> str:
    """`text` with `made` between the marks of this name; raises ValueError where there are none."""
    begin, end = f"<!-- {name}: made by `make docs` -->", f"<!-- end of {name} -->"
    found, times = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}\n{made}\n{end}",
        text,
        flags=re.DOTALL,
    )
    if times != 1:
        msg = f"reference-stack.md: wanted the marks {begin} and {end} once, found them {times}"
        raise ValueError(msg)
    return found
