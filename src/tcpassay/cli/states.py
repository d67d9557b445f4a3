"""`tcpassay explain states`: every way between the states, as lines, as a drawing, as a graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.model.edges import Edge
    from tcpassay.model.tcb import State


def explain_states(svg: str, dot: str) -> None:
    """Write the drawings that were asked for, or print the edges by the state they leave."""
    from tcpassay.model.edges import edges
    from tcpassay.reports.states_dot import draw_dot
    from tcpassay.reports.states_svg import draw_svg

    if svg:
        _write(svg, draw_svg(edges()))
    if dot:
        _write(dot, draw_dot(edges()))
    if not svg and not dot:
        typer.echo("\n".join(_lines(edges())))


def _write(name: str, drawing: str) -> None:
    """To a file, or to standard output for "-"."""
    from tcpassay.core.errors import ConfigurationError

    if name == "-":
        typer.echo(drawing, nl=False)
        return
    try:
        Path(name).write_text(drawing)
    except OSError as error:
        raise ConfigurationError(f"{name}: {error.strerror}") from error
    typer.echo(f"tcpassay: wrote {name}", err=True)


def _lines(edges: Sequence[Edge]) -> Iterator[str]:
    by_state: dict[State, list[Edge]] = {}
    for edge in edges:
        by_state.setdefault(edge.source, []).append(edge)
    event = max(len(_event(edge)) for edge in edges)
    target = max(len(edge.target) for edge in edges)
    for state, those in by_state.items():
        yield state
        for edge in those:
            words = (
                f"  {_event(edge):{event}}  -> {edge.target:{target}}  {', '.join(edge.clauses)}"
            )
            yield f"{words}{_rest(edge)}"
        yield ""
    yield "snd: what is sent then. `tcpassay explain CLAUSE` tells more; --svg and --dot draw it."


def _event(edge: Edge) -> str:
    return f"{edge.event}{f' / snd {edge.answer}' if edge.answer else ''}"


def _rest(edge: Edge) -> str:
    """Whom alone it is for, and by which document where the RFC does not state it."""
    label = edge.variant or ("optional" if edge.label == "optional" else "")
    rest = "; ".join(part for part in (edge.only, label) if part)
    return f"  ({rest})" if rest else ""
