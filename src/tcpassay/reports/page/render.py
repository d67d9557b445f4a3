"""The page from its parts: one file, everything inlined, nothing fetched."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from jinja2.utils import htmlsafe_json_dumps

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.edges import edges
from tcpassay.reports.files import write_text
from tcpassay.reports.page.contents import case_keys, contents
from tcpassay.reports.page.gathering import gather
from tcpassay.reports.page.packing import compact, deflated, pack
from tcpassay.reports.page.summary import MEANINGS, ORDER, headline, lines, notes
from tcpassay.reports.sidebyside import CODES, LETTERS, side_by_side
from tcpassay.reports.states_svg import draw_svg
from tcpassay.reports.templating import own_text, rendered
from tcpassay.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tcpassay.model.catalogue import Catalogue
    from tcpassay.model.edges import Edge
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.page.packing import Chunks
    from tcpassay.reports.record import RunRecord

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
    runs: Sequence[RunRecord] = (),
    catalogue: Catalogue | None = None,
    limit: int = LIMIT,
) -> None:
    """Write the page of these columns, at most `limit` octets: traces that have no room are named.

    `runs` are told of in the notes even where they have no column, as no target of theirs started.
    Raises TcpassayError where it cannot be written.
    """
    page = render(columns, path.parent, runs=runs, catalogue=catalogue, limit=limit)
    write_text(path, page)


def render(
    columns: Sequence[Column],
    beside: Path,
    *,
    runs: Sequence[RunRecord] = (),
    catalogue: Catalogue | None = None,
    limit: int = LIMIT,
) -> str:
    """The text of a page that will lie in the folder `beside`."""
    outcomes = [column.outcomes for column in columns]
    found = side_by_side(outcomes, catalogue or load_catalogue(), least=0)
    keys = case_keys(found)
    records = [column.records() for column in columns]
    told = contents(found, columns, keys, records)
    gathered = gather(columns, keys, records, beside)
    told["states"] = _diagrams(gathered.walked)
    scripts = [own_text(f"page/{name}") for name in _SCRIPTS]
    style = "\n".join(own_text(name) for name in _STYLES)
    fixed = len(compact(told)) + len(style) + sum(map(len, scripts)) + _FRAME
    chunks = pack(gathered.cases, limit - fixed)
    told["firsts"] = [*chunks.firsts]
    return rendered(
        _TEMPLATE,
        title=_title([line.label for line in lines(found)]),
        headline=headline(found),
        lines=lines(found),
        notes=[*notes(columns, runs), *_left(gathered.elsewhere, chunks)],
        legend=[(CODES[v], LETTERS[v], v.value, MEANINGS[v]) for v in ORDER],
        several=len(columns) > 1,
        style=style,
        scripts=scripts,
        hashes=" ".join(_hash(text) for text in scripts),
        data=htmlsafe_json_dumps(told, compact),
        chunks=chunks.data,
    )


def _hash(script: str) -> str:
    """What the page's security policy knows a script by: none but ours runs."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


def _title(labels: Sequence[str]) -> str:
    *others, last = labels or ["No target judged"]
    return f"{', '.join(others)} and {last}" if others else last


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
