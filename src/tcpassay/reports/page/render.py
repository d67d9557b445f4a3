"""The page from its parts: one file, everything inlined, nothing fetched."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tcpassay.core.content import content_root
from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.edges import edges
from tcpassay.reports.files import write_text
from tcpassay.reports.page.contents import CODES, case_keys, contents
from tcpassay.reports.page.gathering import gather
from tcpassay.reports.page.packing import compact, deflated, pack
from tcpassay.reports.page.summary import MEANINGS, ORDER, headline, lines, notes
from tcpassay.reports.sidebyside import LETTERS, side_by_side
from tcpassay.reports.states_svg import draw_svg
from tcpassay.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tcpassay.model.catalogue import Catalogue
    from tcpassay.model.edges import Edge
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.page.packing import Chunks

_TEMPLATE: Final = "page.html.j2"
_STYLES: Final = ("style.css", "page.css")
_SCRIPTS: Final = ("store.js", "grid.js", "filters.js", "ladder.js", "panel.js", "page.js")

#: Octets that the summary, the notes and the numbers of chunks take at most.
_FRAME: Final = 60_000

#: Octets of the whole file at most.
LIMIT: Final = 15_000_000


def write_page(
    path: Path,
    columns: Sequence[Column],
    *,
    catalogue: Catalogue | None = None,
    limit: int = LIMIT,
) -> None:
    """Write the page of these columns, at most `limit` octets: traces that have no room are named.

    Raises ConfigurationError for no columns, TcpassayError where it cannot be written.
    """
    write_text(path, render(columns, path.parent, catalogue=catalogue, limit=limit))


def render(
    columns: Sequence[Column],
    beside: Path,
    *,
    catalogue: Catalogue | None = None,
    limit: int = LIMIT,
) -> str:
    """The text of a page that will lie in the folder `beside`."""
    outcomes = [column.outcomes for column in columns]
    found = side_by_side(outcomes, catalogue or load_catalogue(), least=1)
    keys = case_keys(found)
    records = [column.records() for column in columns]
    told = contents(found, columns, keys, records)
    gathered = gather(columns, keys, records, beside)
    told["states"] = _diagrams(gathered.walked)
    scripts = [_material(f"page/{name}") for name in _SCRIPTS]
    style = "\n".join(_material(name) for name in _STYLES)
    fixed = len(compact(told)) + len(style) + sum(map(len, scripts)) + _FRAME
    chunks = pack(gathered.cases, limit - fixed)
    told["firsts"] = [*chunks.firsts]
    return (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            title=_title([line.label for line in lines(found)]),
            headline=headline(found),
            lines=lines(found),
            notes=[*notes(columns), *_left(gathered.elsewhere, chunks)],
            legend=[(CODES[v], LETTERS[v], v.value, MEANINGS[v]) for v in ORDER],
            several=len(columns) > 1,
            style=Markup(style),  # noqa: S704 - our own files
            scripts=[Markup(text) for text in scripts],  # noqa: S704 - our own files
            hashes=" ".join(_hash(text) for text in scripts),
            data=_json_in_html(told),
            chunks=[Markup(chunk) for chunk in chunks.data],  # noqa: S704 - base64
        )
    )


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(content_root() / "reports" / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _material(name: str) -> str:
    return (content_root() / "reports" / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """What the page's security policy knows a script by: none but ours runs."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def _json_in_html(value: object) -> Markup:
    """JSON that cannot end the element that it stands in."""
    return Markup(compact(value).replace("<", "\\u003c"))  # noqa: S704 - no < is left


def _title(labels: Sequence[str]) -> str:
    if len(labels) == 1:
        return labels[0]
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def _diagrams(walked: Sequence[Mapping[Edge, int]]) -> str:
    """A state diagram a column, with the edges that its embedded traces have walked."""
    drawn = [
        draw_svg(edges(), walked=counts, name=f"states-{at}") for at, counts in enumerate(walked)
    ]
    return deflated(compact(drawn))


def _left(elsewhere: int, chunks: Chunks) -> list[str]:
    told = []
    if elsewhere:
        told.append(
            f"{counted(elsewhere, 'trace')} of passing cases, of which another target's is shown, "
            "are not in this page; their cells name the file in the run's folder"
        )
    if chunks.left:
        told.append(
            f"{counted(chunks.left, 'trace')} had no room in this page; their cells name the file "
            "in the run's folder"
        )
    return told
