"""A requirement for somebody who meets it for the first time, as `tcpassay explain` tells it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from tcpassay.cli import why
from tcpassay.cli.layout import WIDTH, indented, labelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Requirement

#: How many mutants a case is said to fail on.
MUTANTS_TOLD = 3


def requirement_lines(requirement: Requirement, cases: Sequence[Case]) -> Iterator[str]:
    """What it says, why it matters, how it is tested, by which cases, and what came of them."""
    yield f"{requirement.id}  {requirement.level}  ({_place(requirement)})"
    yield ""
    yield from textwrap.wrap(requirement.text, WIDTH)
    yield ""
    harms = why.harms(requirement.id)
    yield "why it matters"
    yield from indented(why.meaning(requirement.level))
    for harm in harms:
        yield from indented(f"Without it, for instance: {harm.suffers}")
    yield ""
    yield from labelled("tested by", requirement.test)
    yield from labelled("seen on", _seen_on(requirement))
    yield from labelled("role", requirement.role)
    yield from labelled("state", requirement.state)
    yield from labelled("binds where", _condition(requirement))
    yield from labelled("known", requirement.known)
    yield from labelled("checked", _basis(requirement))
    yield ""
    citing = [case for case in cases if requirement.id in case.mark.requirements]
    yield from _cases(requirement, citing, harms)
    if citing:
        yield from _results(requirement)


def _cases(
    requirement: Requirement, citing: Sequence[Case], harms: Sequence[why.Harm]
) -> Iterator[str]:
    """The cases with what came of them, and the planted faults that show that they can fail."""
    from tcpassay.conformance.killed import load_table
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.model.not_covered import load_not_covered

    if not citing:
        omitted = [
            one.reason
            for one in load_not_covered(load_catalogue())
            if requirement.id in one.requirements
        ]
        yield from labelled("cases", "; ".join(["none", *omitted]))
        return
    table = load_table()
    killed, failing = table.killers(), table.failing_on()
    targets = why.baselines()
    yield "cases"
    for rows in why.together(citing):
        first = rows[0]
        yield f"  {first.id if len(rows) == 1 else first.id.rpartition('/')[0]}"
        yield from indented(first.title, 4)
        if len(rows) > 1:
            yield from indented(f"rows: {', '.join(c.id.rpartition('/')[2] for c in rows)}", 4)
        yield from indented(why.marks(rows, requirement.id, targets), 4)
        yield from indented(_shown_to_fail(rows, harms, failing), 4)
    if harms:
        yield ""
        yield "mutants: the reference stack with this requirement broken on purpose"
        for harm in harms:
            by = [case.id for case in citing if harm.mutant in killed.get(case.id, ())]
            told = f"killed by {by[0]}" if by else "`make mutants` shows which case catches it"
            yield from indented(f"{harm.mutant}: {told}")


def _shown_to_fail(
    rows: Sequence[Case], harms: Sequence[why.Harm], failing: Mapping[str, Sequence[str]]
) -> str:
    """The mutants that a case fails on, those that break the requirement before others."""
    names = {name: None for case in rows for name in failing.get(case.id, ())}
    own = [harm.mutant for harm in harms if harm.mutant in names]
    told = [*own, *(name for name in names if name not in own)]
    if not told:
        return ""
    more = f" and {len(told) - MUTANTS_TOLD} more" if len(told) > MUTANTS_TOLD else ""
    return f"shown to fail on mutants: {', '.join(told[:MUTANTS_TOLD])}{more}"


def _results(requirement: Requirement) -> Iterator[str]:
    """What each target's baseline says; nothing where there is none."""
    targets = why.baselines()
    if not targets:
        return
    yield ""
    yield "results, from reports/baselines"
    for target in targets:
        told, *unmet = why.results(requirement, target)
        yield from indented(f"{target.name} ({target.version}): {told}")
        for line in unmet:
            yield from indented(line, 4)
    yield from indented(f"anew: tcpassay run TARGET --requirement {requirement.id}")


def _place(requirement: Requirement) -> str:
    """The document and its section, as people name them."""
    if requirement.source.startswith("RFC"):
        return f"RFC {requirement.source[3:]}, section {requirement.section}"
    return f"{requirement.source}, {requirement.section}"


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
