"""The state diagram: all edges are in it, and its words lie over nothing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest

from tcpassay.model.edges import Edge, edges
from tcpassay.reports.states_dot import draw_dot
from tcpassay.reports.states_layout import BOTTOM, BOX_HEIGHT, BOX_WIDTH, END, PLACES, ROUTES
from tcpassay.reports.states_list import as_arrow, rows_of
from tcpassay.reports.states_svg import draw_svg

NS = "{http://www.w3.org/2000/svg}"
#: A letter's width and a line's height in the drawing's 13 px, and how high it stands.
LETTER, ABOVE, BELOW = 6.4, 9, 2
#: Every edge with a number of times that nobody would think short.
WALKED = dict.fromkeys(edges(), 1234)


class Box(NamedTuple):
    """A rectangle and what is in it."""

    left: float
    top: float
    right: float
    bottom: float
    words: str

    def meets(self, other: Box) -> bool:
        """Whether two rectangles share more than an edge."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 0 and down > 0


def root_of(drawing: str) -> ET.Element:
    """The drawing as a tree."""
    return ET.fromstring(drawing)  # noqa: S314 - our own text


def labels(drawing: str) -> list[Box]:
    """The words of the drawing proper, as far as they reach."""
    found = []
    for group in root_of(drawing).iter(f"{NS}g"):
        if not group.get("class", "").startswith("arrow"):
            continue
        for text in group.iter(f"{NS}text"):
            words = "".join(text.itertext())
            x, y, width = float(text.get("x", 0)), float(text.get("y", 0)), len(words) * LETTER
            left = (
                x
                - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor", "start")]
            )
            found.append(Box(left, y - ABOVE, left + width, y + BELOW, words))
    return found


STATES = [
    Box(x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2, x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2, name)
    for name, (x, y) in (*PLACES.items(), ("the end", END))
]


def crossings(box: Box) -> list[str]:
    """The arrows that go through a rectangle."""
    found = []
    for pair, route in ROUTES.items():
        for (ax, ay), (bx, by) in pairwise(route.points):
            points = [(ax + (bx - ax) * i / 200, ay + (by - ay) * i / 200) for i in range(201)]
            if any(box.left < x < box.right and box.top < y < box.bottom for x, y in points):
                found.append(" to ".join(pair))
    return found


@pytest.mark.parametrize("walked", [None, WALKED], ids=["plain", "counted"])
def test_words_lie_over_nothing(walked: dict[Edge, int] | None) -> None:
    """The drawing, with counts and without; no words over words, a state, an arrow, the margin."""
    words = labels(draw_svg(edges(), walked=walked))
    assert len(words) > 35
    over = [(a.words, b.words) for a, b in combinations([*words, *STATES], 2) if a.meets(b)]
    assert over == []
    assert {box.words: found for box in words if (found := crossings(box))} == {}
    assert all(box.left > 0 and box.right < 1000 and box.bottom < BOTTOM for box in words)


def test_words_over_a_state_would_be_seen() -> None:
    """A label in the middle of a box and of an arrow; both are told."""
    label = Box(480, 440, 520, 450, "x")
    assert any(label.meets(state) for state in STATES)
    assert set(crossings(Box(100, 180, 200, 190, "x"))) == {"LISTEN to SYN-RECEIVED"}


def test_every_edge_is_in_the_drawing() -> None:
    """The drawing; each edge is told once, with its clauses, as an arrow or in the list."""
    told = [
        line
        for title in root_of(draw_svg(edges())).iter(f"{NS}title")
        for line in (title.text or "").splitlines()
    ]
    for edge in edges():
        assert sum(line.startswith(str(edge)) for line in told) >= 1, edge
        assert any(line.endswith(", ".join(edge.clauses)) for line in told), edge
    assert len(told) == len(edges()) + 1
    listed = {edge for row in rows_of(edges()) for edge in row.edges}
    assert {edge for edge in edges() if not as_arrow(edge, edges())} == listed


def test_every_route_is_used() -> None:
    """The layout; no way lies ready for an arrow that the rules do not have."""
    assert {(e.source, e.target) for e in edges() if as_arrow(e, edges())} == set(ROUTES)


def test_walked_edges_are_marked() -> None:
    """One edge walked 7 times; its arrow is marked and counted, the others are faint."""
    (edge,) = [e for e in edges() if (e.source, e.target) == ("CLOSED", "LISTEN")]
    root = root_of(draw_svg(edges(), walked={edge: 7}))
    arrows = [g for g in root.iter(f"{NS}g") if g.get("class", "").startswith("arrow")]
    (walked,) = [g for g in arrows if "walked" in g.get("class", "").split()]
    assert "passive OPEN×7" in "".join(walked.itertext())
    assert sum("unwalked" in g.get("class", "") for g in arrows) == len(arrows) - 1
    plain = "".join(root_of(draw_svg(edges())).itertext())
    assert "×" not in plain


def test_walked_states_of_the_list_are_marked() -> None:
    """A time-out walked in one state; of the states in that row it alone has a count."""
    (edge,) = [e for e in edges() if (e.source, e.event) == ("CLOSING", "user time-out")]
    root = root_of(draw_svg(edges(), walked={edge: 9}))
    marked = [t for t in root.iter(f"{NS}text") if t.get("class") == "walked"]
    assert ["".join(text.itertext()) for text in marked] == ["CLOSING×9"]


def test_for_those_who_do_not_see_it() -> None:
    """The drawing; it has a title and a description, and ids that a page may choose."""
    root = root_of(draw_svg(edges(), name="second"))
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert (
        set((root.get("aria-labelledby") or "").split()) == ids == {"second-title", "second-about"}
    )


def test_light_and_dark() -> None:
    """The style; whatever has a colour has another one in a dark scheme, under its own name."""
    style = next(root_of(draw_svg(edges())).iter(f"{NS}style")).text or ""
    light, _, dark = style.partition("@media (prefers-color-scheme: dark)")
    names = re.findall(r"(\.tcp-states[^{]*?) \{[^}]*#", light)
    assert len(names) > 8
    for name in names:
        assert name in dark or all(part.strip() in dark for part in name.split(",")), name
    assert all(
        line.strip().startswith((".tcp-states", "}")) for line in light.split("\n") if line.strip()
    )


def test_dot_has_every_edge() -> None:
    """The graph; each pair of states has its arrow, each event its line, and nothing is loose."""
    text = draw_dot(edges())
    for edge in edges():
        (line, *_) = [
            line
            for line in text.splitlines()
            if line.startswith(f'  "{edge.source}" -> "{edge.target}"') and edge.event in line
        ]
        assert all(clause in text for clause in edge.clauses)
        assert line.endswith("]")
    assert text.count('"') % 2 == 0
    assert text.count("\n  ") == len(text.splitlines()) - 2
