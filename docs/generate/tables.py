"""Tables: the settings with their comments, the stack's transitions, the edges of the rules."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpref import settings
from tcpref.settings import Settings
from tcpref.transitions import TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.model.edges import Edge

ROOT = Path(__file__).resolve().parent.parent.parent
#: Longer texts are shown by their first words.
SHOWN = 24


class Group(NamedTuple):
    """Settings that one comment explains."""

    comment: str
    names: tuple[str, ...]


def groups() -> list[Group]:
    """The settings in the order of their class, by the comment above them."""
    own = {field.name for field in fields(Settings)}
    found: list[Group] = []
    comment: list[str] = []
    for line in Path(settings.__file__).read_text().splitlines():
        words = line.strip()
        name = words.partition(":")[0]
        if line.startswith("    # "):
            comment.append(words.removeprefix("# "))
        elif line.startswith("    ") and name in own:
            if comment:
                found.append(Group(" ".join(comment), ()))
                comment = []
            found[-1] = Group(found[-1].comment, (*found[-1].names, name))
        elif found and sum(len(group.names) for group in found) == len(own):
            break
    return found


def settings_table() -> str:
    """Settings with their defaults, and what `reference-documents` has in place of them."""
    manifest = ROOT / "targets" / "reference-documents" / "target.toml"
    other = tomllib.loads(manifest.read_text())["start"]["settings"]
    lines = ["| settings | `reference-documents` | what they are |", "|---|---|---|"]
    default = Settings()
    for group in groups():
        own = [f"`{name}` {shown(getattr(default, name))}" for name in group.names]
        changed = [shown(other[name]) for name in group.names if name in other]
        row = f"| {'<br>'.join(own)} | {'<br>'.join(changed)} | {group.comment} |"
        lines.append(row.replace("\\", "\\\\"))
    return "\n".join(lines)


def shown(value: object) -> str:
    """A value as a manifest has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        words = value.replace("\n", "; ")
        return f'"{words if len(words) <= SHOWN else words[: SHOWN - 3] + "..."}"'
    return f"{value:,}".replace(",", " ")


def transitions_table() -> str:
    """Every row of the transition table; rows that differ in the state alone are one."""
    lines = ["| in | when | sends | next | RFC 9293 |", "|---|---|---|---|---|"]
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for row in TRANSITIONS:
        key = (row.event, row.sends, str(row.next), row.clause)
        rows.setdefault(key, []).append(str(row.state))
    for (event, sends, to, clause), states in rows.items():
        lines.append(f"| {', '.join(states)} | {event} | {sends} | {to} | {clause} |")
    return "\n".join(lines)


def edges_table(edges: Sequence[Edge]) -> str:
    """Every way between the states that the rules know; those that differ in the state are one."""
    rows: dict[tuple[str, ...], tuple[list[str], list[str]]] = {}
    for edge in edges:
        event = f"{edge.event}, {edge.only}" if edge.only else edge.event
        by = edge.variant or ("left open" if edge.label == "optional" else "")
        states, clauses = rows.setdefault((event, edge.answer, edge.target, by), ([], []))
        states.append(edge.source)
        clauses += [f"`{c}`" for c in edge.clauses if f"`{c}`" not in clauses]
    lines = ["| in | when | sends | next | clauses | by |", "|---|---|---|---|---|---|"]
    for (event, sends, to, by), (states, clauses) in rows.items():
        told = "<br>".join(clauses)
        lines.append(f"| {', '.join(states)} | {event} | {sends} | {to} | {told} | {by} |")
    return "\n".join(lines)
