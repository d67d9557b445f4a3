"""The state diagram in the language of Graphviz: the edges of the model.

One arrow a pair of states and style; `dot -Tsvg` lays it out, other programs may read the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.model.edges import Edge

#: How an arrow is drawn by its label.
_STYLES = {"standard": "solid", "optional": "dashed", "variant": "dotted"}


def draw_dot(edges: Sequence[Edge]) -> str:
    """The whole graph. Dashed is what the RFC leaves open, dotted what another document has."""
    arrows: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        arrows.setdefault((edge.source, edge.target, _STYLES[edge.label]), []).append(edge)
    lines = [
        "digraph tcp {",
        '  label = "The states of a TCP connection, by the rules of RFC 9293, section 3.10"',
        '  node [shape = box, style = rounded, fontname = "sans-serif"]',
        '  edge [fontname = "sans-serif", fontsize = 10]',
        *(f"  {_quoted(state)}" for state in dict.fromkeys(edge.source for edge in edges)),
        *(_arrow(*arrow, those) for arrow, those in arrows.items()),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _arrow(source: str, target: str, style: str, edges: list[Edge]) -> str:
    label = "\n".join(_label(edge) for edge in edges)
    clauses = ", ".join(dict.fromkeys(clause for edge in edges for clause in edge.clauses))
    # What goes back does not decide which state stands above which.
    back = ", constraint = false" if target in {"CLOSED", "LISTEN"} and source != "CLOSED" else ""
    return (
        f"  {_quoted(source)} -> {_quoted(target)} "
        f"[label = {_quoted(label)}, style = {style}, tooltip = {_quoted(clauses)}{back}]"
    )


def _label(edge: Edge) -> str:
    only = f" ({edge.only})" if edge.only else ""
    sends = f" / {edge.answer}" if edge.answer else ""
    return f"{edge.event}{sends}{only}{f' [{edge.variant}]' if edge.variant else ''}"


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
