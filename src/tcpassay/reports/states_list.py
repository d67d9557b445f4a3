"""What the state diagram lists below its arrows: edges that many states share, and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.tcb import SYNCHRONIZED
from tcpassay.reports.states_layout import ROUTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.model.edges import Edge
    from tcpassay.model.tcb import State


class Row(NamedTuple):
    """Edges that differ in nothing but the state in which they begin, in the order of the RFC."""

    event: str
    answer: str
    target: State
    variant: str
    edges: tuple[Edge, ...]

    @property
    def only(self) -> str:
        """What the edges have in common of their `only`, but for how connections were opened."""
        parts = [edge.only.split(", ") for edge in self.edges]
        return ", ".join(
            part
            for part in parts[0]
            if part and not part.startswith("after ") and all(part in p for p in parts)
        )

    def own(self, edge: Edge) -> str:
        """What one edge alone has of it."""
        shared = self.only.split(", ")
        return ", ".join(part for part in edge.only.split(", ") if part and part not in shared)


def as_arrow(edge: Edge, edges: Sequence[Edge]) -> bool:
    """Whether an edge is drawn as an arrow.

    It is listed as a variant, without a route, or where the same event leads there from a state
    without a route: so that one thing stands in one place.
    """
    return (
        not edge.variant
        and (edge.source, edge.target) in ROUTES
        and not any(
            (other.event, other.target) == (edge.event, edge.target)
            and (other.source, other.target) not in ROUTES
            for other in edges
        )
    )


def rows_of(edges: Sequence[Edge]) -> tuple[Row, ...]:
    """The rows of the list: those of the RFC first."""
    found: dict[tuple[str, str, State, str], list[Edge]] = {}
    for edge in edges:
        if not as_arrow(edge, edges):
            key = (edge.event, edge.answer, edge.target, edge.variant)
            found.setdefault(key, []).append(edge)
    rows = [Row(*key, tuple(group)) for key, group in found.items()]
    return tuple(sorted(rows, key=lambda row: (row.variant, row.event, row.answer, row.target)))


def spelt(row: Row) -> str:
    """The states of a row in words: "every synchronized state" where they are (but for one)."""
    own = {edge.source: row.own(edge) for edge in row.edges}
    missing = sorted(SYNCHRONIZED - own.keys())
    shortened = len(missing) < 2 and not any(own[state] for state in own if state in SYNCHRONIZED)
    names = [
        f"{state} ({only})" if only else state
        for state, only in own.items()
        if not (shortened and state in SYNCHRONIZED)
    ]
    if shortened:
        but = f" but {missing[0]}" if missing else ""
        names.append(f"every synchronized state{but}")
    return ", ".join(names)
