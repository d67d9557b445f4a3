"""What cases gave on a target, without times and files: all that comparing needs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tcpassay.conformance.result import ORACLE
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.conformance.result import CaseResult
    from tcpassay.reports.record import RunRecord
    from tcpassay.targets.contract import IpVersion

#: Verdicts of a case that has judged nothing, or not to the end.
NOTHING_JUDGED = frozenset({Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE, Verdict.ERROR})

#: From what tells least to what weighs most, where several cases judge one requirement.
RANK = {
    Verdict.UNSUPPORTED: 0,
    Verdict.PASS: 1,
    Verdict.INFO: 2,
    Verdict.DEVIATION: 3,
    Verdict.INCONCLUSIVE: 4,
    Verdict.FAIL: 5,
    Verdict.ERROR: 6,
}

_IPV6 = " (IPv6)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case on one IP version.

    `requirements` are those that it was to judge, `judged` the verdict of each that it has.
    """

    id: str
    ip: IpVersion
    verdict: Verdict
    requirements: tuple[str, ...]
    judged: Mapping[str, Verdict] = field(default_factory=dict)
    measured: Mapping[str, float | int | str] = field(default_factory=dict)
    as_expected: bool = True
    message: str = ""

    @property
    def key(self) -> str:
        """The id, and the IP version where it is not 4."""
        return self.id if self.ip == 4 else self.id + _IPV6

    @property
    def of_oracle(self) -> bool:
        """Whether this is what the oracle makes of all of a target's cases."""
        return self.id.startswith(ORACLE)

    def verdicts(self) -> Iterator[tuple[str, Verdict]]:
        """Each requirement that the case tells of, and what it tells.

        Where it was not judged to the end, that counts for what is not judged yet.
        """
        yield from self.judged.items()
        if self.verdict in NOTHING_JUDGED or not self.judged:
            for name in self.requirements:
                if name not in self.judged:
                    yield name, self.verdict


@dataclass(frozen=True, slots=True)
class TargetOutcomes:
    """All of one target's outcomes, by key in their order; `label` heads its column."""

    label: str
    name: str
    title: str
    version: str
    clock: str
    capabilities: tuple[str, ...]
    cases: Mapping[str, Outcome]


def key_parts(key: str) -> tuple[str, IpVersion]:
    """The id and the IP version behind a key."""
    return (key.removesuffix(_IPV6), 6) if key.endswith(_IPV6) else (key, 4)


def outcomes_of(record: RunRecord) -> list[TargetOutcomes]:
    """The outcomes of a run, a target each."""
    return [
        TargetOutcomes(
            label=target.name,
            name=target.name,
            title=target.title,
            version=target.version,
            clock=target.clock,
            capabilities=target.capabilities,
            cases={each.key: each for each in map(_outcome, _results(record, target.name))},
        )
        for target in record.targets
    ]


def _results(record: RunRecord, target: str) -> list[CaseResult]:
    return [case.result for case in record.of(target)]


def _outcome(result: CaseResult) -> Outcome:
    return Outcome(
        id=result.id,
        ip=result.ip,
        verdict=result.verdict,
        requirements=result.requirements,
        judged=result.judged,
        measured=result.measured,
        as_expected=result.as_expected,
        message=result.message,
    )


def labelled(columns: Sequence[TargetOutcomes], names: Sequence[str]) -> list[TargetOutcomes]:
    """The same with labels that tell them apart; `names` are those of the files they are from.

    A label is the target's name, with its version where that differs, else with its file's name.
    """
    by_name = Counter(column.name for column in columns)
    by_version = Counter((column.name, column.version) for column in columns)
    found = []
    for number, (column, name) in enumerate(zip(columns, names, strict=True), 1):
        label = column.name
        if by_name[column.name] > 1:
            alone = by_version[column.name, column.version] == 1
            label = f"{label} ({column.version if alone else f'{number}: {name}'})"
        found.append(replace(column, label=label))
    return found
