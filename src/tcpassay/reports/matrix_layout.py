"""Where the cells of the matrix stand in its picture: sources as blocks that flow into bands."""

from __future__ import annotations

import enum
from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.reports.outcomes import RANK
from tcpassay.reports.sections import place
from tcpassay.reports.sidebyside import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.reports.sidebyside import Row, SideBySide

#: One place of the picture: a cell a target.
Cells = tuple[Cell, ...]

#: Places that a character of a source's name takes.
_CHARACTER = 0.62
#: A source that is split has at least so many places in the band where it begins.
_LEAST = 12
#: A section with subsections of more requirements than this is shown by its subsections.
_DEEP = 60
_LONGEST = 40


class Fold(enum.Enum):
    """What one place stands for, from the finest."""

    REQUIREMENT = "requirement"
    SECTION = "section"
    SOURCE = "source"


class Group(NamedTuple):
    """Neighbours of one section."""

    name: str
    places: tuple[Cells, ...]


class Block(NamedTuple):
    """One source."""

    name: str
    groups: tuple[Group, ...]

    @property
    def width(self) -> int:
        """In places, with room for the name."""
        return max(sum(len(group.places) for group in self.groups), named(self.name))


class Piece(NamedTuple):
    """A group, or what of it one band has room for; `at` is the first place's number there.

    `source` heads the first piece of a source in a band, and is empty in the others.
    """

    source: str
    section: str
    at: int
    places: tuple[Cells, ...]


def named(name: str) -> int:
    """Places that a name takes."""
    return ceil(len(name) * _CHARACTER)


def blocks(found: SideBySide, fold: Fold) -> list[Block]:
    """A block a source, its groups in the order of their sections."""
    made = []
    for source, rows in found.sources().items():
        groups = tuple(_groups(source, rows))
        if fold is Fold.SECTION:
            groups = tuple(Group(group.name, (_gravest(group.places),)) for group in groups)
        if fold is Fold.SOURCE:
            every = [cells for group in groups for cells in group.places]
            groups = (Group("", (_gravest(every),)),)
        made.append(Block(_spelt(source), groups))
    return made


def _groups(source: str, rows: Sequence[Row]) -> Iterator[Group]:
    by_section: dict[str, list[Cells]] = {}
    for row in rows:
        by_section.setdefault(_section(source, row), []).append(row.cells)
    for upper, below in groupby(sorted(by_section, key=place), key=_upper):
        sections = list(below)
        places = [cells for section in sections for cells in by_section[section]]
        if len(places) <= _DEEP:
            yield Group(upper, tuple(places))
        else:
            yield from (Group(section, tuple(by_section[section])) for section in sections)


def _section(source: str, row: Row) -> str:
    """The sections of the source documents are lists of their numbers: no place in a text."""
    if row.requirement is None or source == "DOC":
        return ""
    return row.requirement.section


def _upper(section: str) -> str:
    """3.8.6.2 is in 3.8; what is no number stays."""
    return ".".join(section.split(".")[:2]) if section[:1].isdigit() else section


def _spelt(source: str) -> str:
    if source == "DOC":
        return "source documents"
    spaced = f"RFC {source[3:]}" if source[:3] == "RFC" and source[3:].isdigit() else source
    return spaced if len(spaced) <= _LONGEST else f"{spaced[:_LONGEST]}..."


def _gravest(places: Iterable[Cells]) -> Cells:
    """What weighs most, target by target."""
    return tuple(_of_all(cells) for cells in zip(*places, strict=True))


def _of_all(cells: Sequence[Cell]) -> Cell:
    ran = [cell for cell in cells if cell.verdict is not None]
    if not ran:
        return Cell(None)
    worst = max(ran, key=lambda cell: -1 if cell.verdict is None else RANK[cell.verdict])
    return Cell(worst.verdict, as_expected=all(cell.as_expected for cell in ran))


def bands(several: Sequence[Block], across: int) -> list[list[Piece]]:
    """Blocks one behind the other, a place between them, in bands of `across` places.

    A block that fits into a band is not split.
    """
    found: list[list[Piece]] = []
    at = across
    for block in several:
        least = block.width if block.width <= across else _LEAST
        if across - at < least:
            found.append([])
            at = 0
        end = at + named(block.name)
        source = block.name
        for group in block.groups:
            places = group.places
            while places:
                if at >= across:
                    found.append([])
                    at, source = 0, f"{block.name}, continued"
                    end = named(source)
                found[-1].append(Piece(source, group.name, at, places[: across - at]))
                taken = len(found[-1][-1].places)
                places, at, source = places[taken:], at + taken, ""
        at = max(at, end) + 1
    return found
