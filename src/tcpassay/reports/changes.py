"""What changed between two runs: cases by the requirement that they share, and values measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.reports.outcomes import RANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.conformance.result import TargetNotStarted
    from tcpassay.reports.outcomes import Outcome, TargetOutcomes
    from tcpassay.reports.record import RunRecord

Kind = Literal[
    "newly failing",
    "new and failing",
    "no longer judged",
    "newly passing",
    "newly judged",
    "another choice",
    "new",
    "gone",
]

#: The order in which changes are told.
KINDS: tuple[Kind, ...] = get_args(Kind)

#: What makes a run worse than the one before.
WORSE: frozenset[Kind] = frozenset({"newly failing", "new and failing", "no longer judged"})

#: On a real clock, durations and rates that differ by less are the same.
TOLERANCE = 0.25

_BAD = frozenset({Verdict.DEVIATION, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.ERROR})
_DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")


class Change(NamedTuple):
    """One case that gives another verdict; `before` or `after` is None where it was not there."""

    kind: Kind
    target: str
    case: str
    requirement: str
    before: Verdict | None
    after: Verdict | None
    message: str = ""


class ChangedMeasure(NamedTuple):
    """One value that a case measured, and measures differently now."""

    target: str
    case: str
    name: str
    before: float | int | str
    after: float | int | str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed on the targets that both runs have; the others are named.

    `missing` tells what the later run lacks: targets, its end. A stack that was not judged, or not
    to the end, has not stayed as good as it was.
    """

    targets: tuple[tuple[TargetOutcomes, TargetOutcomes], ...]
    changes: tuple[Change, ...]
    measures: tuple[ChangedMeasure, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        """Whether anything is."""
        return bool(self.missing) or any(change.kind in WORSE for change in self.changes)

    def by_requirement(self, kind: Kind) -> dict[str, list[Change]]:
        """The changes of one kind under the requirements that they share."""
        found: dict[str, list[Change]] = {}
        for change in self.changes:
            if change.kind == kind:
                found.setdefault(change.requirement, []).append(change)
        return found


def changes(
    before: Sequence[TargetOutcomes],
    after: Sequence[TargetOutcomes],
    record: RunRecord | None = None,
) -> Changes:
    """What changed, target by target of the same name; `record` is the later run, if it is one.

    Raises ConfigurationError where no target of the earlier run was to be judged in the later one.
    """
    old = {target.name: target for target in before}
    new = {target.name: target for target in after}
    both = [name for name in old if name in new]
    gone = [name for name in old if name not in new]
    absent = {each.target: _absence(each) for each in record.not_started} if record else {}
    if not both and not any(name in absent for name in gone):
        raise ConfigurationError(
            f"compare --baseline: no target is in both: one has {_names(old)}, "
            f"the other {_names(new)}"
        )
    pairs = tuple((old[name], new[name]) for name in both)
    return Changes(
        targets=pairs,
        changes=tuple(change for pair in pairs for change in _changed(*pair)),
        measures=tuple(measure for pair in pairs for measure in _measures(*pair)),
        only_before=tuple(gone),
        only_after=tuple(name for name in new if name not in old),
        missing=(
            *(absent.get(name, f"{name} is not in the second") for name in gone),
            *([f"the second was {record.ending}"] if record and record.ending else ()),
        ),
    )


def _absence(absent: TargetNotStarted) -> str:
    how = "was skipped" if absent.skipped else "did not start"
    return f"{absent.target} {how}: {absent.reason}"


def _names(targets: Mapping[str, TargetOutcomes]) -> str:
    return ", ".join(targets) or "none"


def _changed(before: TargetOutcomes, after: TargetOutcomes) -> Iterator[Change]:
    for key in sorted({*before.cases, *after.cases}):
        old, new = before.cases.get(key), after.cases.get(key)
        kind = _kind(old, new)
        if kind is not None:
            yield Change(
                kind,
                after.name,
                key,
                _requirement(old, new) or _first(after.cases.get(key) or before.cases[key]),
                old.verdict if old else None,
                new.verdict if new else None,
                new.message if new else "",
            )


def _kind(old: Outcome | None, new: Outcome | None) -> Kind | None:
    """What became of a case; None where nothing did."""
    if new is None:
        return "gone"
    if old is None:
        return "new and failing" if new.verdict in _BAD and not new.as_expected else "new"
    was, now = old.verdict, new.verdict
    if now in _BAD and was in _BAD and now is not was:
        return "newly failing" if RANK[now] > RANK[was] else "newly passing"
    if now is was:
        return None if _same_judgement(old, new) else "another choice"
    if now in _BAD:
        return "newly failing"
    if now is Verdict.UNSUPPORTED:
        return "no longer judged"
    if was in _BAD:
        return "newly passing"
    return "newly judged" if was is Verdict.UNSUPPORTED else "another choice"


def _same_judgement(old: Outcome, new: Outcome) -> bool:
    return all(new.judged.get(name, verdict) is verdict for name, verdict in old.judged.items())


def _requirement(old: Outcome | None, new: Outcome | None) -> str:
    """Of a case that both have, the requirement that changed to what weighs most; else nothing."""
    if old is None or new is None:
        return ""
    changed = [name for name, verdict in new.judged.items() if old.judged.get(name) is not verdict]
    return max(changed, key=lambda name: RANK[new.judged[name]], default="")


def _first(outcome: Outcome) -> str:
    """What the case is about: the requirement that made its verdict, else its first."""
    named = [name for name, verdict in outcome.judged.items() if verdict is outcome.verdict]
    return next(iter((*named, *outcome.judged, *outcome.requirements)), "")


def _measures(before: TargetOutcomes, after: TargetOutcomes) -> Iterator[ChangedMeasure]:
    loose = "real" in (before.clock, after.clock)
    for key, new in after.cases.items():
        old = before.cases.get(key)
        for name, value in new.measured.items() if old else ():
            earlier = old.measured.get(name) if old else None
            if earlier is not None and not _same_value(earlier, value, loose=loose):
                yield ChangedMeasure(after.name, key, name, earlier, value)


def _same_value(before: float | str, after: float | str, *, loose: bool) -> bool:
    """Whether two values are one; `loose`: as far as a real clock tells them apart.

    A text is compared word by word, its numbers as numbers.
    """
    if before == after or not loose:
        return before == after
    one, other = str(before), str(after)
    if _DECIMAL.sub("", one) != _DECIMAL.sub("", other):
        return False
    pairs = zip(_DECIMAL.findall(one), _DECIMAL.findall(other), strict=True)
    return all(_near(float(a), float(b)) for a, b in pairs)


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))
