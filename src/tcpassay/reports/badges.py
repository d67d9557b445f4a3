"""What targets were found to do, as a small table for a README."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.markdown import escaped, table_head, table_row
from tcpassay.reports.outcomes import NOTHING_JUDGED
from tcpassay.reports.sidebyside import of_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tcpassay.model.catalogue import Catalogue
    from tcpassay.reports.outcomes import TargetOutcomes
    from tcpassay.reports.sidebyside import Cell

#: Columns: what binds, and what is advice.
LEVELS: Final[Mapping[str, tuple[Level, ...]]] = {
    "MUST": (Level.MUST, Level.MUST_NOT, Level.SHALL),
    "SHOULD": (Level.SHOULD, Level.SHOULD_NOT, Level.RECOMMENDED),
}
_MET = frozenset({Verdict.PASS, Verdict.INFO})


def badges_markdown(columns: Sequence[TargetOutcomes], catalogue: Catalogue) -> str:
    """A row a target: of the requirements that were judged, how many it meets."""
    return "\n".join(_lines(columns, catalogue)).lstrip("\n") + "\n"


def _lines(columns: Sequence[TargetOutcomes], catalogue: Catalogue) -> Iterator[str]:
    levels = {requirement.id: requirement.level for requirement in catalogue}
    heads = (*(f"{name} met" for name in LEVELS), "cases passed")
    yield from table_head("target", "version", *heads, right=len(heads))
    for column in columns:
        cells = of_requirements(column)
        yield table_row(
            escaped(column.label),
            escaped(column.version),
            *(
                _met(cells, {name for name in cells if levels.get(name) in of})
                for of in LEVELS.values()
            ),
            _passed(column),
        )


def _met(cells: Mapping[str, Cell], names: Iterable[str]) -> str:
    counts = Counter(cells[name].verdict for name in names)
    judged = sum(number for verdict, number in counts.items() if verdict not in NOTHING_JUDGED)
    return _of(sum(counts[verdict] for verdict in _MET), judged)


def _passed(column: TargetOutcomes) -> str:
    cases = [each for each in column.cases.values() if not each.of_oracle]
    judged = [each for each in cases if each.verdict not in NOTHING_JUDGED]
    return _of(sum(each.verdict in _MET for each in judged), len(judged))


def _of(some: int, all_of_them: int) -> str:
    """In bold where all are; "-" where there are none."""
    if not all_of_them:
        return "-"
    told = f"{some} of {all_of_them}"
    return f"**{told}**" if some == all_of_them else told
