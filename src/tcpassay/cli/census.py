"""`tcpassay list --matrix`: the full product, what became of it, and the rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import typer

from tcpassay.conformance.matrix.cases import case_of
from tcpassay.conformance.matrix.census import census

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.matrix.census import Census, Fate

_FATES: tuple[Fate, ...] = ("impossible", "merged", "left to --full", "generated")
_TITLES: dict[Fate, str] = {
    "impossible": "impossible, and why",
    "merged": "merged with a row that the rules cannot tell it from, and the rule",
    "left to --full": "left to --full",
    "generated": "generated, by state",
}


def print_census(*, full: bool, as_json: bool) -> None:
    """Print how the product came to the rows, then every row."""
    counted = census(full=full)
    cases = [case_of(row) for row in counted.rows]
    if as_json:
        typer.echo(json.dumps(_value(counted, cases), indent=1, ensure_ascii=False))
        return
    typer.echo("\n".join([*_lines(counted), "", *_rows(cases)]))
    typer.echo(
        f"tcpassay: {len(cases)} rows for each IP version; `tcpassay explain ID` tells more",
        err=True,
    )


def _lines(counted: Census) -> Iterator[str]:
    yield (
        "state x flags x SEQ edge x ACK edge x opening x closing, for each IP version: "
        f"{counted.cells} cells"
    )
    for fate in _FATES:
        if counted.of(fate):
            yield ""
            yield f"{counted.of(fate)} {_TITLES[fate]}"
            for entry in counted.entries:
                if entry.fate == fate:
                    why = f"  {entry.why}" if entry.why else ""
                    yield f"{entry.cells:7}  {entry.state:12}{why}".rstrip()


def _rows(cases: list[Case]) -> Iterator[str]:
    width = max(len(case.id) for case in cases)
    for case in cases:
        yield f"{case.id:{width}}  {case.mark.requirements[0]}"


def _value(counted: Census, cases: list[Case]) -> dict[str, object]:
    return {
        "cells": counted.cells,
        "totals": {fate: counted.of(fate) for fate in _FATES},
        "entries": [entry._asdict() for entry in counted.entries],
        "rows": [
            {"id": case.id, "title": case.title, "requirements": case.mark.requirements}
            for case in cases
        ],
    }
