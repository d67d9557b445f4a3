"""The picture of the matrix: each requirement has its cell, and it is small whatever it shows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.baseline import baseline_file, read_outcomes
from tcpassay.reports.matrix_layout import Fold, bands, blocks
from tcpassay.reports.matrix_style import COLOURS
from tcpassay.reports.matrix_svg import ACROSS, CELL, LIMIT, LINE, draw_matrix, figures
from tcpassay.reports.outcomes import Outcome, TargetOutcomes
from tcpassay.reports.sidebyside import Cell, SideBySide, side_by_side
from tests.reports.hostile import HOSTILE, endless

if TYPE_CHECKING:
    from collections.abc import Iterable

SVG = "{http://www.w3.org/2000/svg}"
TARGETS = ("reference", "linux", "lwip", "gvisor")


@pytest.fixture(scope="module")
def found() -> SideBySide:
    """The baselines of four targets, side by side."""
    columns = [each for name in TARGETS for each in read_outcomes(baseline_file(name))]
    return side_by_side(columns, load_catalogue())


def target(name: str, *verdicts: Verdict | None, as_expected: bool = True) -> TargetOutcomes:
    """A target on the first requirements of the catalogue, a verdict each."""
    cases = {
        requirement.id: Outcome(
            f"case/{requirement.id}", 4, verdict, (requirement.id,), {requirement.id: verdict}, {},
            as_expected,
        )
        for requirement, verdict in zip(load_catalogue(), verdicts, strict=False)
        if verdict is not None
    }  # fmt: skip
    return TargetOutcomes(name, name, name, "1", "virtual", (), cases)


def of(*columns: TargetOutcomes) -> SideBySide:
    """Side by side, one target too."""
    return side_by_side(columns, load_catalogue(), least=1)


def cells_of(svg: str) -> Counter[str]:
    """How many cells of each kind the picture has."""
    counts: Counter[str] = Counter()
    for element in ET.fromstring(svg).iter(f"{SVG}path"):  # noqa: S314 - our own text
        if url := re.fullmatch(r"url\(#matrix-(.*)\)", element.get("stroke", "")):
            lengths = re.findall(r"h(\d+)", element.get("d", ""))
            counts[url[1]] += sum(map(int, lengths)) // CELL
    return counts


def words(svg: str) -> list[str]:
    """All text in it."""
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


def test_every_requirement_has_a_cell_a_target(found: SideBySide) -> None:
    """Four baselines; as many cells of each verdict as there are requirements with it."""
    svg = draw_matrix(found)
    totals: Counter[Verdict | None] = sum(found.totals(), Counter())
    wanted = {"none" if verdict is None else verdict.value: n for verdict, n in totals.items()}
    assert cells_of(svg) == wanted
    assert sum(wanted.values()) == len(found.rows) * len(TARGETS)
    assert len(svg.encode()) <= LIMIT
    assert f"{len(found.rows)} requirements, a cell a requirement" in words(svg)


def test_all_is_on_the_grid_and_in_the_picture(found: SideBySide) -> None:
    """Cells and words; the patterns meet the cells, and nothing sticks out."""
    svg = draw_matrix(found)
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    _, _, width, height = map(float, root.get("viewBox", "").split())
    runs = re.findall(r"M(\d+) (\d+)h(\d+)", svg.partition('<path stroke="url')[2])
    for x, y, length in (tuple(map(int, run)) for run in runs):
        assert (x % CELL, y % LINE, length % CELL) == (0, LINE // 2, 0)
        assert x + length <= width
        assert y < height
    assert all(float(element.get("y", "0")) < height for element in root.iter(f"{SVG}text"))


def test_pictures_of_every_verdict_are_told_apart_without_colour() -> None:
    """All verdicts, and one not run; each has its letter, its words below, and its colours."""
    svg = draw_matrix(of(target("a", *Verdict), target("b", *[Verdict.PASS] * (len(Verdict) + 1))))
    patterns = re.findall(r'<pattern id="matrix-(\w+)".*?<text[^>]*>(.)</text>', svg)
    assert len(patterns) == len(COLOURS)
    assert len({letter for _, letter in patterns}) == len(COLOURS)
    assert "fail of what must hold" in words(svg)
    assert svg.count("prefers-color-scheme: dark") == 1


def test_what_is_not_expected_has_a_frame() -> None:
    """A fail that is expected and one that is not; two patterns, one of them framed."""
    svg = draw_matrix(of(target("a", Verdict.FAIL), target("b", Verdict.FAIL, as_expected=False)))
    assert cells_of(svg) == {"fail": 1, "fail-unexpected": 1}
    assert "not as expected" in words(svg)
    assert svg.count('class="mark"') == 2
    assert "not as expected" not in words(draw_matrix(of(target("a", Verdict.FAIL))))


def test_it_can_be_read_aloud(found: SideBySide) -> None:
    """Title and description; the picture names both, and they tell the figures."""
    root = ET.fromstring(draw_matrix(found))  # noqa: S314 - our own text
    assert root.get("role") == "img"
    ids = [root.find(f"{SVG}{name}") for name in ("title", "desc")]
    assert [each.get("id") for each in ids if each is not None] == (
        root.get("aria-labelledby", "").split()
    )
    told = "".join(each.text or "" for each in ids if each is not None)
    for name, total in zip(TARGETS, found.totals(), strict=True):
        met, failed, *_ = figures(total)
        assert f"{name}: {met} met, {failed} failed" in told


def test_too_much_is_folded(found: SideBySide) -> None:
    """Less room; a cell a section, a cell a source with what weighs most, then one clear line."""
    whole = len(draw_matrix(found).encode())
    sections = draw_matrix(found, limit=whole - 1)
    assert any("a cell a section" in line for line in words(sections))
    sources = draw_matrix(found, limit=len(sections.encode()) - 1)
    assert any("a cell a source" in line for line in words(sources))
    assert sum(cells_of(sources).values()) == len(found.sources()) * len(TARGETS)
    with pytest.raises(ConfigurationError, match=r"--svg: .* 4 targets; name fewer"):
        draw_matrix(found, limit=1000)


def test_gravest_of_a_source(found: SideBySide) -> None:
    """RFC 9293 as one cell a target; the reference has no fail there, the others have."""
    (cells,) = next(group.places for block in blocks(found, Fold.SOURCE) for group in block.groups)
    assert [cell.verdict for cell in cells] == [Verdict.INFO, *[Verdict.FAIL] * 3]


def placed(pieces: Iterable[Iterable[tuple[Cell, ...]]]) -> int:
    """Places in pieces."""
    return sum(1 for places in pieces for _ in places)


def test_bands_hold_everything_once(found: SideBySide) -> None:
    """Blocks in bands; nothing is lost, nothing overlaps, and small sources stay whole."""
    several = blocks(found, Fold.REQUIREMENT)
    rows = bands(several, ACROSS)
    assert placed(piece.places for row in rows for piece in row) == len(found.rows)
    for row in rows:
        ends = [piece.at + len(piece.places) for piece in row]
        assert all(end <= piece.at for end, piece in zip(ends, row[1:], strict=False))
        assert ends[-1] <= ACROSS
    headings = [piece.source for row in rows for piece in row if piece.source]
    for block in several:
        split = f"{block.name}, continued" in headings
        assert headings.count(block.name) == 1
        assert not split or block.width > ACROSS


@pytest.mark.parametrize("text", [HOSTILE, endless()], ids=["short", "endless"])
def test_names_are_text_and_short(text: str) -> None:
    """A hostile label, title and requirement; well formed, small, and no element of theirs."""
    cases = {text: Outcome(text, 4, Verdict.FAIL, (text,), {text: Verdict.FAIL}, {}, False)}
    svg = draw_matrix(of(TargetOutcomes(text, text, text, text, "real", (), cases)))
    kinds = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}  # noqa: S314
    assert kinds == {"svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "text"}
    assert len(svg.encode()) < 15_000
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", svg)
