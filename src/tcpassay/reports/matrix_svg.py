"""The matrix as one picture: every requirement by source and section, a lettered cell a target.

A run of equal cells is one line, whose stroke is a pattern of lettered squares: that keeps
thousands of cells small. It follows the reader's light or dark scheme.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.reports.drawing import text
from tcpassay.reports.matrix_layout import Fold, bands, blocks
from tcpassay.reports.matrix_style import name_of, style
from tcpassay.reports.sidebyside import LETTERS, NOT_RUN
from tcpassay.reports.text import counted, one_line

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Sequence

    from tcpassay.reports.matrix_layout import Piece
    from tcpassay.reports.sidebyside import Cell, SideBySide

#: Octets of the picture.
LIMIT: Final = 60_000

#: Every cell is on this grid, on which the patterns repeat.
CELL, LINE = 11, 12
#: Places left of the cells, for the targets' names; places for cells; the margin.
LEFT, ACROSS = 9, 74
_WIDTH = (LEFT + ACROSS + 1) * CELL
#: Pixels that a character of a section's number takes; characters of a target's name and title.
_SMALL, _NAME, _TITLE = 4.7, 14, 40
#: In the summary: the title, the bar and its width, and where the numbers end.
_ABOUT, _BAR, _LENGTH = LEFT * CELL, 330, 330
_NUMBERS = ((715, "met"), (770, "fail"), (840, "deviation"), (915, "not judged"))

_ORDER: Final = (
    Verdict.PASS,
    Verdict.INFO,
    Verdict.DEVIATION,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.ERROR,
    Verdict.UNSUPPORTED,
    None,
)
_MEANINGS: Final = {
    Verdict.PASS: "pass",
    Verdict.INFO: "a choice, recorded",
    Verdict.DEVIATION: "deviation from a SHOULD",
    Verdict.FAIL: "fail of what must hold",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.ERROR: "error of the tester",
    Verdict.UNSUPPORTED: "not supported",
    None: "not run",
}


class Kind(NamedTuple):
    """What a cell looks like."""

    verdict: Verdict | None
    as_expected: bool

    @property
    def name(self) -> str:
        """As a part of ids."""
        return name_of(self.verdict) + ("" if self.as_expected else "-unexpected")


def draw_matrix(found: SideBySide, *, limit: int = LIMIT) -> str:
    """The picture, of at most `limit` octets: a cell a requirement, else a section, else a source.

    Raises ConfigurationError where even the last has no room.
    """
    for fold in Fold:
        picture = _draw(found, fold)
        if len(picture.encode()) <= limit:
            return picture
    raise ConfigurationError(
        f"--svg: a picture has at most {limit:,} octets, which is not enough for "
        f"{counted(len(found.columns), 'target')}; name fewer"
    )


def _draw(found: SideBySide, fold: Fold) -> str:
    targets = len(found.columns)
    rows = bands(blocks(found, fold), ACROSS)
    first = LINE * (targets + 5)
    step = LINE * (targets + 3)
    height = first + step * len(rows) + LINE + LINE // 2
    cells: dict[Kind, list[str]] = defaultdict(list)
    words: list[str] = []
    ticks: list[str] = []
    for at, band in enumerate(rows):
        top = first + at * step
        words += _names(found, top + 2 * LINE)
        for piece in band:
            words += _headings(piece, top)
            ticks.append(f"M{_x(piece.at)} {top + 13}v9")
            _place_cells(piece, top + 2 * LINE, cells)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tcp-matrix" viewBox="0 0 {_WIDTH} '
            f'{height}" role="img" aria-labelledby="matrix-title matrix-about">'
        ),
        f'<title id="matrix-title">{escape(_title(found))}</title>',
        f'<desc id="matrix-about">{escape(_described(found, fold))}</desc>',
        f"<style>{style()}</style>",
        f"<defs>{''.join(map(_pattern, cells))}</defs>",
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>',
        text(
            (CELL, 26), f"{counted(len(found.rows), 'requirement')}, a cell a {fold.value}", "title"
        ),
        *_summary(found),
        f'<path class="tick" d="{"".join(ticks)}"/>',
        *words,
        *(_strokes(kind, runs) for kind, runs in cells.items()),
        *_legend(cells, height - 9),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(place: int) -> int:
    return (LEFT + place) * CELL


# -- cells -----------------------------------------------------------------------------------------


def _place_cells(piece: Piece, top: int, cells: dict[Kind, list[str]]) -> None:
    """Runs of equal cells, a line of each target's."""
    for target, line in enumerate(zip(*piece.places, strict=True)):
        at, y = piece.at, top + target * LINE + LINE // 2
        for kind, run in groupby(line, key=_kind):
            length = sum(1 for _ in run)
            cells[kind].append(f"M{_x(at)} {y}h{length * CELL}")
            at += length


def _kind(cell: Cell) -> Kind:
    return Kind(cell.verdict, cell.as_expected)


def _pattern(kind: Kind) -> str:
    """One lettered square, repeated over the grid; what is not as expected has a frame."""
    letter = NOT_RUN if kind.verdict is None else LETTERS[kind.verdict]
    wide, high = CELL - 1, LINE - 1
    frame = f'<path class="mark" d="M1 1h{wide - 2}v{high - 2}h-{wide - 2}z"/>'
    return (
        f'<pattern id="matrix-{kind.name}" width="{CELL}" height="{LINE}" '
        f'patternUnits="userSpaceOnUse">'
        f'<rect class="on-{name_of(kind.verdict)}" width="{wide}" height="{high}" rx="2"/>'
        f'<text class="letter {name_of(kind.verdict)}" x="{wide / 2:g}" y="8.5">{letter}</text>'
        f"{'' if kind.as_expected else frame}</pattern>"
    )


def _strokes(kind: Kind, runs: Sequence[str]) -> str:
    return (
        f'<path stroke="url(#matrix-{kind.name})" stroke-width="{LINE}" fill="none" '
        f'd="{"".join(runs)}"/>'
    )


# -- words -----------------------------------------------------------------------------------------


def _short(words: str, most: int) -> str:
    line = one_line(words[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _names(found: SideBySide, top: int) -> Iterator[str]:
    for target, column in enumerate(found.columns):
        at = (LEFT * CELL - 6, top + target * LINE + 9)
        yield text(at, _short(column.label, _NAME), "note", "end")


def _headings(piece: Piece, top: int) -> Iterator[str]:
    if piece.source:
        yield text((_x(piece.at), top + 9), one_line(piece.source), "name")
    if piece.section and len(piece.section) * _SMALL + 4 <= len(piece.places) * CELL:
        yield text((_x(piece.at) + 3, top + 21), one_line(piece.section), "small")


def _summary(found: SideBySide) -> Iterator[str]:
    """A line a target: a bar, and what it is made of in numbers."""
    for x, words in _NUMBERS:
        yield text((x, 4 * LINE - 3), words, "note", "end")
    for target, (column, total) in enumerate(zip(found.columns, found.totals(), strict=True)):
        y = (4 + target) * LINE
        yield text((LEFT * CELL - 6, y + 9), _short(column.label, _NAME), "name", "end")
        yield text((_ABOUT, y + 9), _short(column.title, _TITLE), "note")
        yield from _bar(total, y, len(found.rows))
        for (x, _), number in zip(_NUMBERS, figures(total), strict=True):
            yield text((x, y + 9), str(number), "number", "end")


def figures(total: Counter[Verdict | None]) -> tuple[int, int, int, int]:
    """Requirements met, failed, deviated from, and not judged."""
    met = total[Verdict.PASS] + total[Verdict.INFO]
    failed, deviated = total[Verdict.FAIL], total[Verdict.DEVIATION]
    return met, failed, deviated, sum(total.values()) - met - failed - deviated


def _bar(total: Counter[Verdict | None], y: int, rows: int) -> Iterator[str]:
    before = 0
    for verdict in _ORDER:
        if number := total[verdict]:
            x = _BAR + before * _LENGTH / max(1, rows)
            width = number * _LENGTH / max(1, rows)
            yield (
                f'<rect class="on-{name_of(verdict)}" x="{x:.1f}" y="{y + 1}" '
                f'width="{width:.1f}" height="{LINE - 2}"/>'
            )
            before += number


def _legend(kinds: dict[Kind, list[str]], y: int) -> Iterator[str]:
    """What the letters say, of those that are there."""
    x = CELL
    for verdict in _ORDER:
        if any(kind.verdict is verdict for kind in kinds):
            letter = NOT_RUN if verdict is None else LETTERS[verdict]
            name = name_of(verdict)
            yield f'<rect class="on-{name}" x="{x}" y="{y - 9}" width="10" height="11" rx="2"/>'
            yield f'<text class="letter {name}" x="{x + 5}" y="{y - 0.5:g}">{letter}</text>'
            yield text((x + 15, y), _MEANINGS[verdict], "note")
            x += 32 + round(5.8 * len(_MEANINGS[verdict]))
    if not all(kind.as_expected for kind in kinds):
        yield f'<path class="mark" d="M{x + 1} {y - 8}h8v9h-8z"/>'
        yield text((x + 15, y), "not as expected", "note")


def _title(found: SideBySide) -> str:
    labels = ", ".join(one_line(column.label, 60) for column in found.columns)
    return f"Requirements of TCP, by source and section: {labels}"


def _described(found: SideBySide, fold: Fold) -> str:
    parts = [f"{counted(len(found.rows), 'requirement')}, a cell for each {fold.value} and target."]
    for column, total in zip(found.columns, found.totals(), strict=True):
        met, failed, deviated, rest = figures(total)
        parts.append(
            f"{one_line(column.label, 60)}: {met} met, {failed} failed, "
            f"{deviated} deviated from, {rest} not judged."
        )
    return " ".join(parts)
