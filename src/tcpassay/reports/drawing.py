"""Pieces of SVG: rounded arrows and words."""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import escape

Point = tuple[int, int]

#: Radius of the corners of an arrow; length and half the width of its head.
CORNER, HEAD, HALF_HEAD = 10, 9, 4


class Route(NamedTuple):
    """The way of an arrow, and where its words begin: at, after or before `at` by the anchor."""

    points: tuple[Point, ...]
    at: Point
    anchor: str = "start"


def path(points: tuple[Point, ...]) -> str:
    """Straight pieces, the corners between them rounded: the `d` of a path."""
    steps = [f"M{points[0][0]} {points[0][1]}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(here, before, CORNER), _towards(here, after, CORNER)
        steps.append(f"L{into[0]} {into[1]}Q{here[0]} {here[1]} {out[0]} {out[1]}")
    steps.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(steps)


def head(points: tuple[Point, ...]) -> str:
    """The triangle at the end of an arrow: the `d` of a path. It needs no marker by its id."""
    (x, y), before = points[-1], points[-2]
    back_x, back_y = _towards((x, y), before, HEAD)
    length = max(1.0, ((before[0] - x) ** 2 + (before[1] - y) ** 2) ** 0.5)
    across_x = round((before[1] - y) / length * HALF_HEAD, 1)
    across_y = round((x - before[0]) / length * HALF_HEAD, 1)
    left = f"{back_x + across_x:g} {back_y + across_y:g}"
    right = f"{back_x - across_x:g} {back_y - across_y:g}"
    return f"M{left}L{x} {y}L{right}z"


def _towards(here: Point, other: Point, by: int) -> Point:
    """The point `by` from `here` on the way to `other`, or `other` where that is nearer."""
    dx, dy = other[0] - here[0], other[1] - here[1]
    share = min(1.0, by / max(1.0, (dx * dx + dy * dy) ** 0.5))
    return round(here[0] + dx * share), round(here[1] + dy * share)


def text(at: Point, words: str, kind: str, anchor: str = "start") -> str:
    """One line of words."""
    fixed = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{at[0]}" y="{at[1]}"{fixed}>{escape(words)}</text>'
