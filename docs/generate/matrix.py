"""The picture of the matrix, as `tcpassay compare --from` draws it of the baselines."""

from __future__ import annotations

from functools import cache

from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.baseline import baseline_file, read_outcomes
from tcpassay.reports.matrix_svg import draw_matrix
from tcpassay.reports.sidebyside import side_by_side

#: One of each kind: their variants differ in little.
TARGETS = ("reference", "linux", "lwip", "gvisor")


@cache
def matrix() -> str:
    """The text of docs/matrix.svg."""
    columns = [each for name in TARGETS for each in read_outcomes(baseline_file(name))]
    return draw_matrix(side_by_side(columns, load_catalogue()))
