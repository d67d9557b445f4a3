"""Hunts for planted faults: the fuzzer's usual cases on each mutant, up to the first finding.

A case that calls nothing of what a fault replaces goes as it goes without the fault, so it is not
played on the mutant; it counts as one of the cases all the same, and so does its time.
"""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.campaign.parts import guided, shares_of
from tcpassay.fuzz.campaign.schedule import Schedule
from tcpassay.fuzz.campaign.worker import stay_seed
from tcpassay.fuzz.finding.confirming import Confirmer
from tcpassay.fuzz.finding.minimise import minimise
from tcpassay.fuzz.finding.suite import Suite
from tcpassay.fuzz.hunt.probes import Probes
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources import STAY
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tcpassay.fuzz.alarms import Key
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.finding.confirming import Shown
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.mutants import Mutant

#: What a hunt may take of the processor, and how many alarms it looks into before it gives up.
SECONDS, ALARMS = 60.0, 12


class Course(NamedTuple):
    """The cases that all mutants of one base are hunted with, and what of it each case calls.

    `second` is what a case takes on the base, with its judges; `known` are the alarms that the
    base gives itself.
    """

    base: str
    cases: tuple[tuple[int, FuzzCase], ...]
    called: tuple[frozenset[str], ...]
    second: float
    known: frozenset[Key]


class Caught(NamedTuple):
    """A fault found: by case number `number` after `seconds`, as `shown` tells in a small case.

    `names` are the requirements that it may be about, the likeliest first, and `cases` those of
    the suite that find the first one unmet.
    """

    mutant: str
    number: int
    seconds: float
    shown: Shown
    names: tuple[str, ...]
    cases: tuple[str, ...]


def course(mutants: Sequence[Mutant], count: int, seed: int = 0, *, ip: IpVersion = 4) -> Course:
    """The first `count` cases of a campaign, played on the base of these mutants."""
    base = mutants[0].base
    target = open_target(base)
    target.version()
    judge = Judge(target.manifest, target.version())
    guide = guided(seed, target.manifest, ip)
    schedule = Schedule(shares_of("all", seed, target.manifest, guide, ip))
    second = _pace(target, judge, list(_numbered(schedule, 0, STAY)))
    cases: list[tuple[int, FuzzCase]] = []
    called: list[frozenset[str]] = []
    known: set[Key] = set()
    probes = Probes(mutants)
    try:
        for first in range(0, count, STAY):
            stay = Stay(target, judge, stay_seed(seed, first // STAY))
            guide.restarted()
            probes.taken()
            for ran in stay.run(_numbered(schedule, first // STAY, count)):
                cases.append((ran.number, ran.case))
                called.append(probes.taken())
                known.update(alarm.key for alarm in ran.alarms)
                guide.admit(guide.ran(ran.number, ran.case, ran.triples, ran.counters))
            stay.close()
    finally:
        probes.undo()
    return Course(base, tuple(cases), tuple(called), second, frozenset(known))


def _numbered(schedule: Schedule, stay: int, count: int) -> Iterator[tuple[int, FuzzCase]]:
    """The cases of a stay below `count`, each made when the one before has been played."""
    for number, _, case in schedule.cases(stay):
        if number >= count:
            return
        yield number, case


def _pace(target: Target, judge: Judge, cases: Sequence[tuple[int, FuzzCase]]) -> float:
    """Seconds of processor time that one case takes."""
    began = time.process_time()
    stay = Stay(target, judge, 0)
    for _ in stay.run(cases):
        pass
    stay.close()
    return (time.process_time() - began) / max(1, len(cases))


def hunt(
    mutant: Mutant,
    along: Course,
    seed: int = 0,
    *,
    most: int | None = None,
    failing: Collection[str] | None = None,
) -> Caught | None:
    """The first finding on a mutant that its base does not have; None where there is none.

    `most` bounds the cases that are played; `failing` are those of the suite that can fail on the
    mutant, None where nobody knows.
    """
    concerned = [
        each
        for each, called in zip(along.cases, along.called, strict=True)
        if mutant.name in called
    ][:most]
    manifest = open_target(along.base).manifest
    began = time.process_time()
    alarms = 0
    with closing(mutant.target(manifest)) as target:
        judge = Judge(target.manifest, target.version())
        confirmer = Confirmer(target, judge, seed, Suite(target, seed, only=failing))
        played = 0
        for ran in _runs(target, judge, concerned):
            played += 1
            spent = time.process_time() - began + (ran.number + 1 - played) * along.second
            if spent > SECONDS or alarms >= ALARMS:
                return None
            for alarm in ran.alarms:
                if alarm.explained or alarm.key in along.known:
                    continue
                alarms += 1
                shown = confirmer.alone(ran.case, ran.entries, alarm)
                shown = shown or confirmer.behind(_before(concerned, ran), ran.case, alarm)
                if shown is None or shown.alarm.key in along.known:
                    continue
                spent = time.process_time() - began + (ran.number + 1 - played) * along.second
                small = _small(confirmer, shown)
                return Caught(mutant.name, ran.number, spent, small, *confirmer.named(small))
    return None


def _runs(target: Target, judge: Judge, cases: Sequence[tuple[int, FuzzCase]]) -> Iterator[Ran]:
    """The cases, on a fresh stack for each stay of the campaign and at its end all that is late."""
    for first in range(0, len(cases), STAY):
        stay = Stay(target, judge, cases[first][0] // STAY)
        try:
            yield from stay.run(cases[first : first + STAY])
            yield from stay.boundary()
        finally:
            stay.close()


def _before(cases: Sequence[tuple[int, FuzzCase]], ran: Ran) -> list[FuzzCase]:
    """The cases that a stack has played before one."""
    place = [number for number, _ in cases].index(ran.number)
    return [case for _, case in cases[place - place % STAY : place]]


def _small(confirmer: Confirmer, shown: Shown) -> Shown:
    wanted = shown.alarm
    small = minimise(shown.case, lambda case: confirmer.once(case, wanted) is not None)
    return confirmer.surely(small.case, wanted) or shown
