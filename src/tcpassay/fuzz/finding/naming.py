"""Which requirements a finding may be about: the cause, where its case tells it from the symptom.

The judge names what it has seen ("ACK=+9 from RCV.NXT"). The smallest case that shows it says more:
whatever is unusual in it is needed, so a bad checksum that is left in it is the cause. The table is
`fuzz/naming.toml`. Where entries of the catalogue state the same behaviour (`model/same`), the one
that the suite's cases are about goes first. What the suite's own cases find unmet on the target
(`suite`) comes on top of it.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.fuzz.finding.peculiar import peculiar
from tcpassay.model.same import same_behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.finding.peculiar import Met, Peculiar
    from tcpassay.fuzz.finding.suite import Suite, Unmet
    from tcpassay.model.oracle.limits import Limits

#: Requirements that are told of a finding, the likeliest first.
MOST: Final = 4
#: Cases of the suite that are told of it.
MOST_CASES: Final = 3
#: What the finding's own case tells first counts so much, beside 1 for what all cases of the suite
#: find unmet; each place behind it so much of the one before; and so much of that where the suite
#: does not find the same.
_FIRST, _STEP, _ALONE = 0.75, 0.7, 0.5
#: How much each requirement counts that nothing links to the finding, and all of them together.
_UNLINKED, _TOGETHER = 0.35, 4


class Cause(NamedTuple):
    """A row of the table: with all these words in a case the fault may be about `names`."""

    when: frozenset[str]
    names: tuple[str, ...]


class Causes(NamedTuple):
    """The table. `plain` come ahead of the symptom, `likely` behind the clauses.

    `symptoms` say what went wrong, and hardly why.
    `near` are requirements that the same fault may break: more general ones, and what follows.
    """

    plain: tuple[Cause, ...]
    likely: tuple[Cause, ...]
    symptoms: frozenset[str]
    near: Mapping[str, tuple[str, ...]]


def naming_file() -> Path:
    """Where the project's table is."""
    return content_root() / "fuzz" / "naming.toml"


@lru_cache(maxsize=1)
def causes() -> Causes:
    """The project's table."""
    form = tomllib.loads(naming_file().read_text(encoding="utf-8"))
    plain, likely = (
        tuple(Cause(frozenset(row["when"]), tuple(row["names"])) for row in form.get(part, ()))
        for part in ("plain", "likely")
    )
    near = {name: tuple(others) for name, others in form["near"].items()}
    return Causes(plain, likely, frozenset(form["symptoms"]), near)


class Named(NamedTuple):
    """The requirements that a finding may be about, at most four, the likeliest first; the judge's
    own word is among them. `cases` are those of the suite that find the first one unmet.
    """

    names: tuple[str, ...]
    cases: tuple[str, ...] = ()


def named(
    case: FuzzCase, trace: Trace, alarm: Alarm, limits: Limits, suite: Suite | None = None
) -> Named:
    """What a finding may be about.

    `case` is the smallest that shows `alarm`, `trace` what it gives alone; `suite` is that of its
    target.
    """
    told, symptom = peculiar(case, trace, alarm, limits), alarm.key.requirement
    found = tuple(dict.fromkeys(_in_order(told, alarm)))
    unmet = {} if suite is None else suite.unmet
    if unmet:
        found = tuple(with_the_suite(found, symptom, unmet))
    first = unmet.get(found[0])
    names = found[:MOST] if symptom in found[:MOST] else (*found[: MOST - 1], symptom)
    return Named(names, () if first is None else first.cases[:MOST_CASES])


def with_the_suite(found: tuple[str, ...], symptom: str, unmet: Mapping[str, Unmet]) -> list[str]:
    """Requirements that a finding may be about, the likeliest first, with the suite's word.

    `found` is what the finding's own case tells, in its order. What is unmet counts fully where
    that case has told it too, or where the oracle sees the finding's symptom in the suite's cases.
    A target may have other faults: what nothing links comes behind the first that the case tells.
    """
    weights = {
        name: _FIRST * _STEP**place * (1 if name in unmet else _ALONE)
        for place, name in enumerate(found)
    }
    unlinked = min(_UNLINKED, _TOGETHER / max(1, len(unmet)))
    for name, each in unmet.items():
        linked = name in weights or symptom in each.symptoms
        weights[name] = weights.get(name, 0.0) + each.weight * (1 if linked else unlinked)
    return sorted(weights, key=lambda name: -weights[name])


def _in_order(told: Peculiar, alarm: Alarm) -> Iterator[str]:
    table, symptom = causes(), alarm.key.requirement
    for name in _by_the_table(told, alarm, table):
        group = same_behaviour().get(name, ())
        yield from group[:1]
        yield name
    yield from same_behaviour().get(symptom, ())


def _by_the_table(told: Peculiar, alarm: Alarm, table: Causes) -> Iterator[str]:
    symptom = alarm.key.requirement
    before = _up_to(told.met, alarm)
    stimulus = before[-1:]
    holding = [row for row in table.plain if _holds(row, told, before)]
    for row in holding:
        yield from row.names
    if symptom not in table.symptoms:
        yield symptom
        yield from table.near.get(symptom, ())
    for clause in _clauses(stimulus):
        yield clause
        yield from table.near.get(clause, ())
    for row in table.likely:
        if _holds(row, told, before):
            yield from row.names
    yield symptom
    yield from _clauses(tuple(reversed(before)))


def _up_to(met: tuple[Met, ...], alarm: Alarm) -> tuple[Met, ...]:
    """The stimuli up to the one that the alarm's key is about, which comes last."""
    words = {alarm.key.state, *alarm.key.input.removesuffix("()").split(" ")}
    for last in range(len(met), 0, -1):
        if met[last - 1].at <= alarm.event and words <= met[last - 1].words:
            return met[:last]
    return tuple(each for each in met if each.at < max(alarm.event, 1)) or met


def _clauses(met: tuple[Met, ...]) -> Iterator[str]:
    yield from (each.clause for each in met if each.clause)


def _holds(cause: Cause, told: Peculiar, met: tuple[Met, ...]) -> bool:
    """Whether the words are there: those of one stimulus, and those of the case."""
    left = cause.when - told.words
    return not left or any(left <= each.words for each in met)
