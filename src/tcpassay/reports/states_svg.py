"""The state diagram as SVG: the edges of the model in the shape of RFC 9293, figure 5.

Every edge is in it: as an arrow where the layout has a route, else in the list below. It follows
the reader's light or dark scheme, and each arrow tells its clauses where the mouse rests on it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tcpassay.reports.drawing import Route, head, path, text
from tcpassay.reports.states_layout import BOTTOM, BOX_HEIGHT, BOX_WIDTH, END, PLACES, ROUTES, WIDTH
from tcpassay.reports.states_list import Row, as_arrow, rows_of, spelt
from tcpassay.reports.states_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.model.edges import Edge
    from tcpassay.model.tcb import State

LINE = 15
#: Lines of the list are a little apart; where its columns begin.
ROW = 18
EVENT, SENT, TO, FROM = 24, 290, 370, 450
#: With counts the states stand in columns of this width, so many beside each other.
COLUMN, COLUMNS = 175, 3
_ABOUT = (
    "Every way between the states of a TCP connection, found by walking the rules of RFC 9293, "
    "section 3.10, from CLOSED."
)


def draw_svg(
    edges: Sequence[Edge], *, walked: Mapping[Edge, int] | None = None, name: str = "tcp-states"
) -> str:
    """The whole drawing. `walked` says how often a run has gone along each edge.

    Edges that were walked are then marked and counted, the others faint. `name` begins the ids of
    title and description, which have to be unique on a page.
    """
    listed = list(_list(rows_of(edges), walked))
    height = BOTTOM + ROW * (len(listed) + 3)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tcp-states" viewBox="0 0 {WIDTH} '
            f'{height}" role="img" aria-labelledby="{name}-title {name}-about">'
        ),
        f'<title id="{name}-title">The states of a TCP connection</title>',
        f'<desc id="{name}-about">{escape(_ABOUT)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}"/>',
        text((24, 34), "The states of a connection, by the rules", "title"),
        *_arrows(edges, walked),
        *(_box(state, place) for state, place in PLACES.items()),
        _box("CLOSED", END),
        *(
            f'<g transform="translate(0 {BOTTOM + ROW * (i + 1)})">{line}</g>'
            for i, line in enumerate(listed)
        ),
        *_legend(height - 18, counted=walked is not None),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(state: State, centre: tuple[int, int]) -> str:
    x, y = centre
    kind = "state open" if state == "ESTABLISHED" else "state"
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<g class="box"><rect class="{kind}" x="{left}" y="{top}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT}" rx="8"/>{text((x, y + 5), state, "name")}</g>'
    )


# -- arrows ----------------------------------------------------------------------------------------


def _arrows(edges: Sequence[Edge], walked: Mapping[Edge, int] | None) -> Iterator[str]:
    pairs: dict[tuple[State, State], list[Edge]] = defaultdict(list)
    for edge in edges:
        if as_arrow(edge, edges):
            pairs[edge.source, edge.target].append(edge)
    for pair, here in pairs.items():
        yield _arrow(ROUTES[pair], here, walked)


def _arrow(route: Route, edges: list[Edge], walked: Mapping[Edge, int] | None) -> str:
    """An arrow and its edges: what happens, and below it what is sent."""
    kinds = ["arrow", *_mark(edges, walked)]
    if all(edge.label == "optional" for edge in edges):
        kinds.append("optional")
    words = [
        f'<g class="{" ".join(kinds)}">',
        f"<title>{escape(chr(10).join(_told(edge) for edge in edges))}</title>",
        f'<path class="line" d="{path(route.points)}"/>',
        f'<path class="head" d="{head(route.points)}"/>',
    ]
    x, y = route.at
    for edge, following in zip(edges, [*edges[1:], None], strict=True):
        words.append(_event((x, y), edge, route.anchor, walked))
        y += LINE
        if edge.answer and (following is None or following.answer != edge.answer):
            words.append(text((x, y), f"snd {edge.answer}", "sends", route.anchor))
            y += LINE
    opened = {edge.only.partition(", ")[0] for edge in edges}
    if len(opened) == 1 and (how := opened.pop()).startswith("after "):
        words.append(text((x, y), how, "note", route.anchor))
    return "\n".join([*words, "</g>"])


def _event(at: tuple[int, int], edge: Edge, anchor: str, walked: Mapping[Edge, int] | None) -> str:
    line = text(at, edge.event, kind_of(edge.event), anchor)
    return line.replace("</text>", f"{_count([edge], walked)}</text>")


def _count(edges: Sequence[Edge], walked: Mapping[Edge, int] | None) -> str:
    times = sum(walked.get(edge, 0) for edge in edges) if walked is not None else 0
    return f'<tspan class="count" dx="4">×{times}</tspan>' if times else ""


def _mark(edges: Sequence[Edge], walked: Mapping[Edge, int] | None) -> list[str]:
    if walked is None:
        return []
    return ["walked" if any(walked.get(edge) for edge in edges) else "unwalked"]


def _told(edge: Edge) -> str:
    """All that is known of an edge, for the mouse that rests on it."""
    only = f" ({edge.only})" if edge.only else ""
    label = f", {edge.variant or edge.label}" if edge.label != "standard" else ""
    return f"{edge}{only}{label}: {', '.join(edge.clauses)}"


def kind_of(event: str) -> str:
    """Calls of the application, segments that arrive and time-outs have a colour each."""
    if event.startswith("rcv "):
        return "segment"
    return "time" if event.endswith("time-out") else "call"


# -- the list below --------------------------------------------------------------------------------


def _list(rows: Sequence[Row], walked: Mapping[Edge, int] | None) -> Iterator[str]:
    """Lines of the list, each at y = 0."""
    heading: str | None = None
    for row in rows:
        if row.variant != heading:
            told = f"By {row.variant} alone" if row.variant else "From many states"
            if heading is not None:
                yield ""
            yield (
                text((EVENT, 0), told, "strong")
                + text((TO, 0), "to", "note")
                + text((FROM, 0), "from", "note")
            )
            heading = row.variant
        yield from _row(row, walked)


def _row(row: Row, walked: Mapping[Edge, int] | None) -> Iterator[str]:
    event = f"{row.event} {row.only}".replace(" nobody", ", nobody")
    sent = text((SENT, 0), f"snd {row.answer}", "sends") if row.answer else ""
    first = text((EVENT, 0), event, kind_of(row.event)) + sent + text((TO, 0), row.target, "name")
    for part in _sources(row, walked):
        yield first + part
        first = ""


def _sources(row: Row, walked: Mapping[Edge, int] | None) -> Iterator[str]:
    """The states of a row, one by one where each has a count of its own."""
    clauses = "\n".join(_told(edge) for edge in row.edges)
    if walked is None:
        line = text((FROM, 0), spelt(row), "note")
        yield line.replace("</text>", f"<title>{escape(clauses)}</title></text>")
        return
    for at in range(0, len(row.edges), COLUMNS):
        line = ""
        for i, edge in enumerate(row.edges[at : at + COLUMNS]):
            (mark,) = _mark([edge], walked)
            name = text((FROM + i * COLUMN, 0), edge.source, mark)
            line += name.replace("</text>", f"{_count([edge], walked)}</text>")
        yield line


def _legend(y: int, *, counted: bool) -> Iterator[str]:
    """What colours and lines say."""
    yield text((24, y), "a call", "call")
    yield text((76, y), "a segment arrives", "segment")
    yield text((204, y), "a time-out", "time")
    yield text((290, y), "snd: what is sent then", "sends")
    rest = "dashed: left open by the RFC; CLOSED stands twice"
    yield text((450, y), f"×n: walked n times; {rest}" if counted else rest, "note")
