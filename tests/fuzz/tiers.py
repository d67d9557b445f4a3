"""Both tiers on the same cases: what the predictor accepts is held against the oracle's word."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.predictor import Predictor
from tcpassay.fuzz.sources.generation import Profile
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.fuzz.sources.sweep import Sweep
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.targets.contract import StackOptions
from tests.fuzz.planted import planted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as Entries

    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.sources import Source
    from tcpassay.model.oracle.limits import Limits
    from tcpassay.model.oracle.report import Violation
    from tcpassay.targets.contract import IpVersion, Target

#: Cases that one stack has to play.
STAY = 256


@dataclass
class Agreement:
    """What both tiers have said: `wrong` has what one accepts and the other does not."""

    cases: int = 0
    accepted: int = 0
    clean: int = 0
    planted: int = 0
    named: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """How many of the cases that the oracle has nothing against tier one accepts."""
        return self.accepted / max(1, self.clean)


def sources(target: Target, ip: IpVersion, seed: int) -> tuple[Source, Source]:
    """Sequences and the sweep, as patient as the target's clock allows."""
    patient = target.manifest.clock == "virtual"
    return Sequence(seed, Profile(patient=patient, ip=ip)), Sweep(seed, ip=ip)


def recorded(
    target: Target, source: Source, numbers: range, ip: IpVersion
) -> Iterator[tuple[int, tuple[str, ...], Entries[Entry]]]:
    """Cases of a source on stacks of a target: number, addresses and entries of each."""
    todo = list(numbers)
    while todo:
        with closing(target.start(StackOptions(seed=todo[0], ip=ip))) as stack:
            player = Player(stack, target.manifest, todo[0], ip)
            for count, number in enumerate(todo):
                if count == STAY:
                    break
                played = player.play(source.case(number), number)
                if played.fault is not None:
                    count += 1  # noqa: PLW2901 - the next stack goes on behind this case
                    break
                yield number, player.trace.stack_addresses, player.trace.entries[played.first :]
            else:
                count += 1
            todo = todo[count:]


def oracles_word(
    addresses: tuple[str, ...], limits: Limits, entries: Entries[Entry]
) -> list[Violation]:
    """What the oracle has against the entries of a case."""
    oracle = Oracle(addresses, limits)
    for entry in entries:
        oracle.take(entry)
    oracle.ends(entries[-1])
    return oracle.report.violations


def agreement(
    target: Target, numbers: range, *, ip: IpVersion = 4, seed: int = 0, plant: int = 0
) -> Agreement:
    """Both tiers on cases of both sources, each also with `plant` wrong answers one by one."""
    judge = Judge(target.manifest, target.version())
    found = Agreement()
    for source in sources(target, ip, seed):
        half = range(numbers.start, numbers.start + len(numbers) // 2)
        for number, addresses, entries in recorded(target, source, half, ip):
            if entries:
                _compare(found, judge, addresses, entries, f"{source.name}/{number}", plant)
    return found


def _compare(
    found: Agreement,
    judge: Judge,
    addresses: tuple[str, ...],
    entries: Entries[Entry],
    name: str,
    plant: int,
) -> None:
    predictor = Predictor(addresses, judge.limits(()))
    accepted = predictor.follow(entries).accepted
    violations = oracles_word(addresses, judge.limits(()), entries)
    found.cases += 1
    found.clean += not violations
    found.accepted += accepted
    if accepted and violations:
        found.wrong.append(f"{name}: {violations[0]}")
    for k in range(plant if accepted else 0):
        edited = planted(entries, Random(f"{name}/{k}"))
        found.planted += 1
        violations = oracles_word(addresses, judge.limits(()), edited)
        found.named += bool(violations)
        if violations and predictor.follow(edited).accepted:
            found.wrong.append(f"{name}, edit {k}: {violations[0]}")
