"""`tcpassay explain ID`: a requirement and its cases, a case and what it cites, the states."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Catalogue, Requirement

_WIDTH = 96
_LABEL = 13


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
        lines = _requirement(catalogue.get(name), cases)
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


def _requirement(requirement: Requirement, cases: Sequence[Case]) -> Iterator[str]:
    yield f"{requirement.id}  {requirement.level}  ({requirement.source} {requirement.section})"
    yield ""
    yield from textwrap.wrap(requirement.text, _WIDTH)
    yield ""
    yield from _labelled("tested by", requirement.test)
    yield from _labelled("seen on", _seen_on(requirement))
    yield from _labelled("role", requirement.role)
    yield from _labelled("state", requirement.state)
    yield from _labelled("binds where", _condition(requirement))
    yield from _labelled("known", requirement.known)
    yield from _labelled("checked", _basis(requirement))
    citing = [case for case in cases if requirement.id in case.mark.requirements]
    yield from _labelled("cases", "" if citing else "none yet")
    if citing:
        yield "cases"
        yield from (f"  {case.id}" for case in citing)


def _case(rows: list[Case], catalogue: Catalogue) -> Iterator[str]:
    first = rows[0]
    yield first.id if len(rows) == 1 else first.id.rpartition("/")[0]
    yield ""
    yield from (inspect.getdoc(first.function) or "").splitlines()
    yield ""
    for name in first.mark.requirements:
        found = catalogue.get(name)
        yield from _labelled("requirement", f"{found.id} ({found.level}): {found.text}")
    yield from _labelled("source", f"{first.file}:{first.line}")
    yield from _labelled("needs", ", ".join(first.mark.needs))
    yield from _labelled("settings", ", ".join(first.mark.settings))
    yield from _labelled("real time", f"{first.mark.real_s:g} s" if first.mark.real_s else "")
    if first.has_row:
        yield from _labelled("rows", ", ".join(case.id.rpartition("/")[2] for case in rows))


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
    yield from _labelled("sent", telling.stimulus(row))
    for one in telling.allowed(row):
        yield ""
        yield from _labelled(one.label, f"{one.answer}; {one.state}")
        found = catalogue.get(one.clause)
        yield from _labelled("", f"{found.id} ({found.level}): {found.text}")


def _labelled(label: str, text: str) -> list[str]:
    """A label and its text, wrapped under itself; nothing for no text."""
    indent = " " * _LABEL
    if label and len(label) >= _LABEL:
        label += " "
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"{label:{_LABEL}}",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _seen_on(requirement: Requirement) -> str:
    words = {
        "wire": "the wire",
        "api": "the socket calls",
        "both": "the wire and the socket calls",
        "no": "nothing that an observer sees: it cannot be judged",
    }
    return words.get(requirement.observable, requirement.observable)


def _condition(requirement: Requirement) -> str:
    return f"the manifest declares {requirement.condition!r}" if requirement.condition else ""


def _basis(requirement: Requirement) -> str:
    words = {
        "text": "against the source's text",
        "quoted": "against another project's quotation of the source",
        "memory": "not yet: written from memory",
    }
    return words.get(requirement.basis, requirement.basis)
