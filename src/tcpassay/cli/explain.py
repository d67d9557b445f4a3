"""`tcpassay explain ID`: a requirement and its cases, a case and what it cites, the states."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.layout import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Catalogue


@guarded
def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A requirement (RFC9293:MUST-14, MUST-14), a case's id, or the word states.",
        ),
    ],
    svg: Annotated[
        str, typer.Option(metavar="FILE", help="With states: draw them as SVG; - is stdout.")
    ] = "",
    dot: Annotated[
        str, typer.Option(metavar="FILE", help="With states: as a graph for Graphviz; - is stdout.")
    ] = "",
) -> int:
    """Explain a requirement, a case, a row of the matrix, or the states of a connection.

    Of a requirement: what it says, why it matters, how it is tested, the cases
    that judge it, the planted faults that show that they can fail, and what
    each target was found to do.

    tcpassay explain MUST-14

    tcpassay explain states --svg states.svg
    """
    if name == "states":
        from tcpassay.cli.states import explain_states

        explain_states(svg, dot)
        return 0
    if svg or dot:
        from tcpassay.core.errors import ConfigurationError

        raise ConfigurationError(f"--svg and --dot draw `explain states`, not {name!r}")
    from tcpassay.conformance.load import load_cases
    from tcpassay.model.catalogue import load_catalogue

    catalogue = load_catalogue()
    if name.startswith("matrix/"):
        typer.echo("\n".join(_row(name, catalogue)))
        return 0
    cases = load_cases()
    if "/" in name:
        lines = _case(_named(name, cases), catalogue)
    else:
        from tcpassay.cli.explaining import requirement_lines

        lines = requirement_lines(catalogue.get(name), cases)
    typer.echo("\n".join(lines))
    return 0


def _named(name: str, cases: Sequence[Case]) -> list[Case]:
    """The case of that id, or all rows of it."""
    from tcpassay.core.errors import ConfigurationError
    from tcpassay.core.toml_places import nearest

    prefix = name.rstrip("/")
    found = [case for case in cases if case.id == prefix or case.id.rpartition("/")[0] == prefix]
    if found and len({case.function for case in found}) == 1:
        return found
    hint = nearest(prefix, [case.id for case in cases]) or "; `tcpassay list` shows all"
    raise ConfigurationError(f"unknown case {name!r}{hint}")


def _case(rows: list[Case], catalogue: Catalogue) -> Iterator[str]:
    first = rows[0]
    yield first.id if len(rows) == 1 else first.id.rpartition("/")[0]
    yield ""
    yield from (inspect.getdoc(first.function) or "").splitlines()
    yield ""
    for name in first.mark.requirements:
        found = catalogue.get(name)
        yield from labelled("requirement", f"{found.id} ({found.level}): {found.text}")
    yield from labelled("source", f"{first.file}:{first.line}")
    yield from labelled("needs", ", ".join(first.mark.needs))
    yield from labelled("settings", ", ".join(first.mark.settings))
    yield from labelled("real time", f"{first.mark.real_s:g} s" if first.mark.real_s else "")
    if first.has_row:
        yield from labelled("rows", ", ".join(case.id.rpartition("/")[2] for case in rows))


def _row(name: str, catalogue: Catalogue) -> Iterator[str]:
    """A row of the matrix: what is sent, and every answer that the rules allow."""
    from tcpassay.conformance.matrix import rows, telling
    from tcpassay.core.errors import ConfigurationError
    from tcpassay.core.toml_places import nearest

    known = {row.id: row for row in rows.rows(full=True)}
    row = known.get(name.rstrip("/"))
    if row is None:
        hint = nearest(name, list(known)) or "; `tcpassay list --matrix` shows all"
        raise ConfigurationError(f"unknown row {name!r}{hint}")
    yield row.id
    yield ""
    yield from labelled("sent", telling.stimulus(row))
    for one in telling.allowed(row):
        yield ""
        yield from labelled(one.label, f"{one.answer}; {one.state}")
        found = catalogue.get(one.clause)
        yield from labelled("", f"{found.id} ({found.level}): {found.text}")
