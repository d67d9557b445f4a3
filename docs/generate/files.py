"""The files that are made from the code, whole or between two marks."""

from __future__ import annotations

import re
from pathlib import Path

from docs.generate.diagram import svg
from docs.generate.matrix import matrix
from docs.generate.tables import edges_table, settings_table, transitions_table
from docs.generate.walk import listing
from tcpassay.model.edges import edges
from tcpassay.reports.states_dot import draw_dot
from tcpassay.reports.states_svg import draw_svg

DOCS = Path(__file__).resolve().parent.parent


def generated() -> dict[Path, str]:
    """Each file as it ought to be."""
    stack, rules = DOCS / "reference-stack.md", DOCS / "rules.md"
    return {
        DOCS / "states.svg": svg(),
        DOCS / "rules.svg": draw_svg(edges()),
        DOCS / "rules.dot": draw_dot(edges()),
        DOCS / "matrix.svg": matrix(),
        stack: filled(
            stack,
            walk=f"```\n{listing()}\n```",
            transitions=transitions_table(),
            settings=settings_table(),
        ),
        rules: filled(rules, edges=edges_table(edges())),
    }


def filled(page: Path, **made: str) -> str:
    """The text of a page with what is made from the code between its marks."""
    text = page.read_text()
    for name, words in made.items():
        text = placed(text, name, words, page.name)
    return text


def placed(text: str, name: str, made: str, page: str) -> str:
    """`text` with `made` between the marks of this name; raises ValueError where there are none."""
    begin, end = f"<!-- {name}: made by `make docs` -->", f"<!-- end of {name} -->"
    found, times = re.subn(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}\n{made}\n{end}",
        text,
        flags=re.DOTALL,
    )
    if times != 1:
        msg = f"{page}: wanted the marks {begin} and {end} once, found them {times}"
        raise ValueError(msg)
    return found
