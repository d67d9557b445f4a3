"""Details in chunks that the browser inflates one by one, within a number of octets."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.reports.page.choice import Worth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.core.json_values import Json

#: Characters of JSON in a chunk: inflated and read in a few milliseconds.
CHUNK: Final = 400_000
#: Cases in a chunk at most.
CASES: Final = 100
#: Octets that the page has around a chunk: its element, its place among the first cases.
_AROUND: Final = 80


@dataclass(slots=True)
class Packed:
    """One case: its `details`, and the traces that go into it, by column."""

    details: dict[str, Json]
    cells: dict[int, dict[str, Json]]
    traces: dict[int, tuple[Worth, str]] = field(default_factory=dict)


class Chunks(NamedTuple):
    """`firsts` are the first case of each of the `data`; `left` counts traces that have no room."""

    data: tuple[str, ...]
    firsts: tuple[int, ...]
    left: int

    @property
    def size(self) -> int:
        """Octets that they take in the page."""
        return sum(len(each) + _AROUND for each in self.data)


def pack(cases: Sequence[Packed], budget: int) -> Chunks:
    """Chunks of at most `budget` octets: of the traces what is worth least is left out first.

    Messages and differences stay, whatever they take.
    """
    sizes = [
        (worth, at, column, len(text))
        for at, case in enumerate(cases)
        for column, (worth, text) in case.traces.items()
    ]
    sizes.sort(key=lambda each: each[:3])
    room = sum(size for *_, size in sizes)
    while True:
        left = _left_out(sizes, room)
        chunks = _chunks(cases, left)
        if chunks.size <= budget or len(left) == len(sizes):
            return chunks
        room = int(room * min(0.9, 0.98 * budget / chunks.size))


def _left_out(sizes: Sequence[tuple[Worth, int, int, int]], room: int) -> set[tuple[int, int]]:
    left = set()
    taken = 0
    for _, at, column, size in sizes:
        taken += size
        if taken > room:
            left.add((at, column))
    return left


def _chunks(cases: Sequence[Packed], left: set[tuple[int, int]]) -> Chunks:
    data: list[str] = []
    firsts: list[int] = []
    part: list[str] = []
    size = 0
    for at, text in enumerate(_texts(cases, left)):
        if not part or len(part) == CASES or size + len(text) > CHUNK:
            if part:
                data.append(deflated(f"[{','.join(part)}]"))
            firsts.append(at)
            part, size = [], 0
        part.append(text)
        size += len(text)
    if part:
        data.append(deflated(f"[{','.join(part)}]"))
    return Chunks(tuple(data), tuple(firsts), len(left))


def _texts(cases: Sequence[Packed], left: set[tuple[int, int]]) -> Iterator[str]:
    for at, case in enumerate(cases):
        texts: dict[str, int] = {}
        cells: dict[str, Json] = {}
        for column, cell in case.cells.items():
            shown = dict(cell)
            if column in case.traces and (at, column) not in left:
                shown["t"] = texts.setdefault(case.traces[column][1], len(texts))
                shown.pop("f", None)
            if shown:
                cells[str(column)] = shown
        head = compact({**case.details, "c": cells})
        yield f'{head[:-1]},"t":[{",".join(texts)}]}}' if texts else head


def compact(value: object) -> str:
    """JSON without blanks, in ASCII: what of it is half a character stays as JSON spells it."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def deflated(text: str) -> str:
    """`text` deflated, in base64."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()
