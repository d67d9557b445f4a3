"""The page from its parts: one file, everything inlined, nothing fetched."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING, Final

from jinja2.utils import htmlsafe_json_dumps

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.edges import edges
from tcpassay.reports.files import write_text
from tcpassay.reports.page.contents import case_keys, contents
from tcpassay.reports.page.gathering import gather, linked
from tcpassay.reports.page.packing import compact, deflated, pack
from tcpassay.reports.page.summary import MEANINGS, ORDER, headline, lines, notes
from tcpassay.reports.sidebyside import CODES, LETTERS, side_by_side
from tcpassay.reports.states_svg import draw_svg
from tcpassay.reports.templating import own_text, rendered
from tcpassay.reports.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from tcpassay.core.json_values import Json
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.model.edges import Edge
    from tcpassay.reports.page.column import Column
    from tcpassay.reports.page.gathering import Gathered
    from tcpassay.reports.page.packing import Chunks, Packed
    from tcpassay.reports.sidebyside import SideBySide

_TEMPLATE: Final = "page.html.j2"
_STYLES: Final = ("style.css", "page.css")
_SCRIPTS: Final = ("store.js", "grid.js", "filters.js", "ladder.js", "panel.js", "page.js")

#: Octets of the note about traces that have no room, and of what is around the data.
_LAST_NOTE: Final = 400

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
    write_pages([path], columns, catalogue=catalogue, limit=limit)


def write_pages(
    paths: Iterable[Path],
    columns: Sequence[Column],
    *,
    catalogue: Catalogue | None = None,
    limit: int = LIMIT,
) -> None:
    """The same to each path, with links that lead from there; traces are read once."""
    found = side_by_side(
        [column.outcomes for column in columns], catalogue or load_catalogue(), least=1
    )
    keys = case_keys(found)
    records = [column.records() for column in columns]
    told = contents(found, columns, keys, records)
    gathered = gather(columns, keys, records)
    told["states"] = _diagrams(gathered.walked)
    said = [*notes(columns), *_not_here(gathered)]
    for path in paths:
        cases = linked(gathered.cases, columns, keys, records, path.parent)
        write_text(path, _render(found, told, said, cases, limit))


def _render(
    found: SideBySide,
    told: Mapping[str, Json],
    said: Sequence[str],
    cases: Sequence[Packed],
    limit: int,
) -> str:
    """The text of a page with all of `told`, and as many traces of `cases` as have room."""
    of_targets = lines(found)
    scripts = [own_text(f"page/{name}") for name in _SCRIPTS]
    page = partial(
        rendered,
        _TEMPLATE,
        title=_title([line.label for line in of_targets]),
        headline=headline(found),
        lines=of_targets,
        legend=[(CODES[v], LETTERS[v], v.value, MEANINGS[v]) for v in ORDER],
        several=len(of_targets) > 1,
        style="\n".join(own_text(name) for name in _STYLES),
        scripts=scripts,
        hashes=" ".join(_hash(text) for text in scripts),
    )
    frame = page(notes=said, data=_embedded(told), chunks=())
    chunks = pack(cases, limit - len(frame.encode()) - _LAST_NOTE)
    return page(
        notes=[*said, *_no_room(chunks)],
        data=_embedded({**told, "firsts": [*chunks.firsts]}),
        chunks=chunks.data,
    )


def _embedded(told: Mapping[str, Json]) -> Markup:
    return htmlsafe_json_dumps(told, compact)


def _hash(script: str) -> str:
    """What the page's security policy knows a script by: none but ours runs."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{b64encode(digest).decode()}'"


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


def _not_here(gathered: Gathered) -> list[str]:
    told = []
    if gathered.unread:
        told.append(
            f"{counted(gathered.unread, 'trace')} that the run kept could not be read when this "
            "page was written; their cells name the file"
        )
    if gathered.elsewhere:
        told.append(
            f"{counted(gathered.elsewhere, 'trace')} of passing cases, of which another target's "
            "is shown, are not in this page; their cells name the file in the run's folder"
        )
    return told


def _no_room(chunks: Chunks) -> list[str]:
    if not chunks.left:
        return []
    left = counted(chunks.left, "trace")
    return [f"{left} had no room in this page; their cells name the file in the run's folder"]
