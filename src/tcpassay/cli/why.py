"""What a requirement means to a reader who meets it for the first time: level, harm, results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.baseline import baseline_file, read_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Requirement
    from tcpassay.reports.outcomes import Outcome, TargetOutcomes

#: What not meeting a requirement of each level means, as a reader's first sentence about it.
_LEVELS = {
    Level.MUST: "The document demands it of every implementation: one that does not do so fails.",
    Level.MUST_NOT: "The document forbids it to every implementation: one that does so fails.",
    Level.SHALL: "POSIX demands it of every system: one that does not do so fails.",
    Level.RULE: "The document states it as what TCP does: a stack that does otherwise fails.",
    Level.ROBUSTNESS: "No text demands one answer: only a crash, a hang, a leak or a corrupted "
    "stream fails.",
    Level.SHOULD: "The document recommends it, and reasons against it have to be good: a stack "
    "that does otherwise deviates.",
    Level.SHOULD_NOT: "The document advises against it: a stack that does it deviates.",
    Level.RECOMMENDED: "The document recommends it: a stack that does otherwise deviates.",
    Level.MAY: "The document leaves the choice to the stack: what it does is recorded.",
    Level.MAY_FAIL: "POSIX allows the call to fail so: what the system does is recorded.",
    Level.DOC: "One system's manual says so: another one that does otherwise deviates from it.",
    Level.OBSERVE: "No answer is wrong: what the stack does is recorded, to be set side by side.",
    Level.STATEMENT: "One of the source documents states it of every stack: one that does "
    "otherwise fails.",
    Level.TEXTBOOK: "One of the source documents states it of its time's systems: a stack that "
    "does otherwise deviates.",
}


class Harm(NamedTuple):
    """A planted fault that breaks the requirement, and what a user would suffer of it."""

    mutant: str
    suffers: str


def meaning(level: Level) -> str:
    """One sentence on how binding a level is."""
    return _LEVELS[level]


def harms(name: str) -> list[Harm]:
    """The mutants that break a requirement."""
    from tcpassay.targets.mutants import load_mutants

    return [
        Harm(mutant.name, mutant.suffers)
        for mutant in load_mutants()
        if _same(mutant.requirement, name)
    ]


def _same(written: str, name: str) -> bool:
    return name in (written, name.partition(":")[0] + ":" + written)


def baselines() -> list[TargetOutcomes]:
    """The baselines of the project's own targets; none that is missing or cannot be read."""
    from tcpassay.targets.registry import available

    found: list[TargetOutcomes] = []
    for manifest in available():
        path = baseline_file(manifest.name)
        if path.is_file():
            try:
                found += read_outcomes(path)
            except ConfigurationError:
                continue
    return found


def results(requirement: Requirement, target: TargetOutcomes) -> Iterator[str]:
    """What a target's cases gave for a requirement: a line with counts, then what was not met."""
    told = [
        (outcome, verdict)
        for outcome in sorted(target.cases.values(), key=lambda each: each.of_oracle)
        for name, verdict in outcome.verdicts()
        if name == requirement.id
    ]
    counts = Counter(verdict for outcome, verdict in told if not outcome.of_oracle)
    words = ", ".join(f"{counts[each]} {each}" for each in Verdict if counts[each])
    by_oracle = [verdict for outcome, verdict in told if outcome.of_oracle]
    more = f"; the oracle, over all traffic of the run: {by_oracle[0]}" if by_oracle else ""
    yield f"{words or 'none of these ran'}{more}"
    unmet: dict[tuple[Verdict, str], list[str]] = {}
    for outcome, verdict in told:
        if verdict not in (Verdict.PASS, Verdict.INFO, Verdict.UNSUPPORTED):
            unmet.setdefault((verdict, _reason(target, outcome)), []).append(outcome.key)
    for (verdict, reason), keys in unmet.items():
        yield f"{verdict}: {', '.join(keys)}{reason}"


def _reason(target: TargetOutcomes, outcome: Outcome) -> str:
    """Why that is expected, by the target's expectations."""
    from tcpassay.conformance.expectations import load_expectations

    folder = content_root() / "targets" / target.name
    try:
        expected = load_expectations(folder).expected(outcome.id, outcome.ip, target.version)
    except ConfigurationError:
        return ""
    return f". {expected.reason}" if expected and expected.verdict is outcome.verdict else ""


def marks(cases: Sequence[Case], name: str, targets: Sequence[TargetOutcomes]) -> str:
    """What the baselines say of one case, or of its rows: "pass on reference; fail on linux"."""
    told: dict[str, list[str]] = {}
    for target in targets:
        outcomes = [target.cases[case.id] for case in cases if case.id in target.cases]
        counts = Counter(each.judged.get(name, each.verdict) for each in outcomes)
        for verdict, number in counts.items():
            rows = f" ({number} of {len(outcomes)})" if number < len(outcomes) else ""
            told.setdefault(verdict.value, []).append(f"{target.name}{rows}")
    return "; ".join(f"{verdict} on {', '.join(names)}" for verdict, names in told.items())


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """Cases, the rows of one together."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.id.rpartition("/")[0] if case.has_row else case.id, []).append(case)
    return list(groups.values())
