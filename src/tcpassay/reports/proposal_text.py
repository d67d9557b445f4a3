"""What was found of a target as lines of TOML for its manifest, differences marked."""

from __future__ import annotations

import json
from dataclasses import fields
from textwrap import wrap
from typing import TYPE_CHECKING

from tcpassay.conformance.probing.sizes import AtLeast
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.conformance.probing.probe import Found
    from tcpassay.conformance.probing.proposal import Proposal
    from tcpassay.core.json_values import Json

_WIDTH = 96
_COMMENT_AT = 34
#: A scaled window is rounded, a clock may tick.
_TOLERANCE = 0.01


def capability_lines(proposal: Proposal) -> list[str]:
    """The key `capabilities`, which belongs above the first table."""
    new = {found.name: found for found in proposal.new}
    known = ", ".join(f'"{name}"' for name in proposal.capabilities if name not in new)
    lines = ["capabilities = ["]
    if known:
        lines += wrap(f"{known},", _WIDTH, initial_indent="  ", subsequent_indent="  ")
    for name, found in new.items():
        lines.append(_commented(f'  "{name}",', f"new: {found.why}"))
    lines.append("]")
    lines += _notes("not found, though the manifest has it", proposal.missing)
    if any(found.name == "ipv6" for found in proposal.missing):
        lines.append("# without ipv6 the table [addresses.ipv6] has to go, too")
    return [*lines, *_notes("not tried", proposal.untried)]


def limit_lines(proposal: Proposal) -> list[str]:
    """The table `limits`: what was measured, and the manifest's own words for the rest."""
    measured = {each.name: each for each in proposal.measured}
    lines = ["[limits]"]
    for field in fields(proposal.manifest.limits):
        said = getattr(proposal.manifest.limits, field.name)
        got = measured.get(field.name)
        if got is None or got.value is None:
            why = f"not measured: {got.why}" if got is not None and got.why else "not measured"
            lines.append(_commented(f"{field.name} = {_toml(said)}", why))
        elif not _agree(said, got.value):
            lines.append(
                _commented(f"{field.name} = {_toml(got.value)}", f"the manifest has {_toml(said)}")
            )
        else:
            lines.append(f"{field.name} = {_toml(said)}")
    return lines


def _agree(said: object, value: object) -> bool:
    """Whether what was measured may be what the manifest says: numbers within 1 %."""
    if isinstance(said, int | float) and isinstance(value, int | float):
        at_least = isinstance(value, AtLeast) and said > value
        return at_least or abs(said - value) <= _TOLERANCE * value
    return said == value


def proposal_json(proposal: Proposal) -> dict[str, Json]:
    """The same for a machine to read."""
    declared = proposal.manifest.capabilities
    return {
        "capabilities": {
            found.name: {
                "found": found.has,
                "manifest": found.name in declared,
                "why": one_line(found.why),
            }
            for found in proposal.found
        },
        "limits": {each.name: each.value for each in proposal.measured},
        "toml": "\n".join([*capability_lines(proposal), "", *limit_lines(proposal)]) + "\n",
    }


def _commented(line: str, comment: str) -> str:
    return f"{line:<{_COMMENT_AT}} # {one_line(comment)}"


def _notes(what: str, found: Iterable[Found]) -> list[str]:
    return [f"# {what}: {each.name}: {one_line(each.why)}" for each in found]


def _toml(value: object) -> str:
    """A number, a text or an array of numbers as TOML."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)
