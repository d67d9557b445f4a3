"""Curves over time as one SVG: a step line each, and below them a tick for each loss."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 1000, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 976, 76, 370
#: Where the ticks of the first curve's losses stand, and how far apart the rows are.
LOSSES, ROW = 412, 22
COLOURS = ("first", "second")
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 18px; font-weight: 600 }
  .note { fill: #59636e } .end { text-anchor: end } .middle { text-anchor: middle }
  .page { fill: #ffffff }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .curve { fill: none; stroke-width: 1.75 }
  .first { stroke: #0969da } .second { stroke: #bc4c00; stroke-dasharray: 5 2 }
  .loss { stroke-width: 2; stroke-dasharray: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note { fill: #9198a1 }
    .page { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .first { stroke: #58a6ff } .second { stroke: #ffa657 }
  }
"""


class Curve(NamedTuple):
    """A name, (seconds, value) in order, and the seconds at which something was lost."""

    name: str
    samples: list[tuple[float, float]]
    lost_s: list[float]


class Axes(NamedTuple):
    """The ranges of both axes, from 0, and how far their lines are apart."""

    seconds: float
    most: float
    step_s: float
    step: float

    def x(self, seconds: float) -> float:
        """Where a moment is."""
        return round(LEFT + (RIGHT - LEFT) * seconds / self.seconds, 1)

    def y(self, value: float) -> float:
        """Where a value is."""
        return round(BOTTOM - (BOTTOM - TOP) * value / self.most, 1)


def draw(curves: Sequence[Curve], title: str, note: str) -> str:
    """The drawing, of two curves at most."""
    axes = axes_of(curves)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(title)}">'
        ),
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        text(LEFT, 30, title, "title"),
        text(LEFT, 52, note, "note"),
        *grid(axes),
    ]
    for number, (curve, colour) in enumerate(zip(curves, COLOURS, strict=False)):
        x, y = LEFT + 250 * number + 460, 30
        parts.append(f'<path class="curve {colour}" d="M{x} {y - 4}h36"/>')
        parts.append(text(x + 44, y, curve.name, ""))
        parts.append(f'<path class="curve {colour}" d="{steps(curve, axes)}"/>')
        parts += losses(curve, colour, LOSSES + ROW * number, axes)
    return "\n".join([*parts, "</svg>", ""])


def axes_of(curves: Sequence[Curve]) -> Axes:
    """Axes that hold all curves, with some ten lines each."""
    seconds = max((curve.samples[-1][0] for curve in curves), default=1.0)
    most = max((value for curve in curves for _, value in curve.samples), default=1.0)
    step_s, step = tick(seconds), tick(most)
    return Axes(step_s * ceil(seconds / step_s), step * ceil(most / step), step_s, step)


def tick(extent: float) -> float:
    """The least of 1, 2, 5, 10, ... (and 0.5, 0.2, 0.1) that makes ten lines or fewer."""
    steps = [digit * 10.0**power for power in range(-1, 6) for digit in (1, 2, 5)]
    return next(step for step in steps if extent / step <= 10)


def steps(curve: Curve, axes: Axes) -> str:
    """The path of a curve: level until the next sample that differs."""
    first = curve.samples[0]
    path = [f"M{axes.x(first[0])} {axes.y(first[1])}"]
    for (_, before), (seconds, value) in pairwise(curve.samples):
        if value != before:
            path.append(f"H{axes.x(seconds)}V{axes.y(value)}")
    return "".join([*path, f"H{axes.x(curve.samples[-1][0])}"])


def grid(axes: Axes) -> list[str]:
    """The lines of both axes with their numbers."""
    parts = []
    for n in range(round(axes.most / axes.step) + 1):
        y = axes.y(n * axes.step)
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/>')
        parts.append(text(LEFT - 8, y + 4, f"{n * axes.step:g}", "note end"))
    for n in range(round(axes.seconds / axes.step_s) + 1):
        x = axes.x(n * axes.step_s)
        parts.append(text(x, BOTTOM + 18, f"{n * axes.step_s:g} s", "note middle"))
    return parts


def losses(curve: Curve, colour: str, y: int, axes: Axes) -> list[str]:
    """A row of ticks: the moments at which this one's segments were lost."""
    path = "".join(f"M{axes.x(at)} {y - 10}v12" for at in curve.lost_s)
    return [f'<path class="loss {colour}" d="{path}"/>', text(LEFT - 8, y, "lost", "note end")]


def text(x: float, y: float, words: str, kind: str) -> str:
    """Words at a place."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(words)}</text>'
