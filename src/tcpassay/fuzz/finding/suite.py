"""What the conformance cases say of a target that has a finding: which requirements they find
unmet. A finding shows a fault where it has come to light; a case is about the requirement itself.
"""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import traceback
from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.interrupts import signals_held_back
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import Plan
from tcpassay.conformance.result import CaseEnded
from tcpassay.conformance.runner import run
from tcpassay.conformance.select import Selection, plan_target
from tcpassay.core.errors import TcpassayError
from tcpassay.core.json_values import array, mapping, whole_number
from tcpassay.core.verdict import Verdict
from tcpassay.core.whole import write_whole
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.orphans import die_with
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.core.json_values import Json
    from tcpassay.targets.contract import IpVersion, Target

#: Of the file that keeps it. Another version is not read.
SCHEMA: Final = 1
#: Seconds that all the cases may take, and one of them.
SECONDS, CASE_S = 120.0, 20.0
_UNMET: Final = frozenset({Verdict.FAIL, Verdict.DEVIATION})

#: What the finding's own case tells first counts so much, beside 1 for what all cases of the suite
#: find unmet; each place behind it so much of the one before; and so much of that where the suite
#: does not find the same.
_FIRST, _STEP, _ALONE = 0.75, 0.7, 0.5
#: So many requirements that nothing links to the finding count fully together.
_UNLINKED = 2
#: So much of a case speaks against what few cases are about.
_DOUBT = 0.25


class Unmet(NamedTuple):
    """A requirement that cases of the suite find unmet, and no expectation names.

    `cases` are their ids, of `of` cases that are about it; `symptoms` are the requirements that the
    oracle finds violated in their traces.
    """

    cases: tuple[str, ...]
    of: int
    symptoms: frozenset[str]

    @property
    def weight(self) -> float:
        """How much it counts, below 1: other cases may be about another part of it."""
        return math.sqrt(len(self.cases) / (self.of + _DOUBT))


def by_the_suite(
    found: tuple[str, ...], symptom: str, unmet: Mapping[str, Unmet]
) -> tuple[str, ...]:
    """Requirements that a finding may be about, the likeliest first, with the suite's word.

    `found` is what the finding's own case tells, in its order. What is unmet counts fully where
    that case has told it too, or where the oracle sees the finding's symptom in the suite's cases;
    else the less, the more is unmet, as a target may have other faults.
    """
    weights = {
        name: _FIRST * _STEP**place * (1 if name in unmet else _ALONE)
        for place, name in enumerate(found)
    }
    unlinked = min(1.0, _UNLINKED / max(1, len(unmet)))
    for name, each in unmet.items():
        linked = name in weights or symptom in each.symptoms
        weights[name] = weights.get(name, 0.0) + each.weight * (1 if linked else unlinked)
    return tuple(sorted(weights, key=lambda name: -weights[name]))


class Suite:
    """The word of the cases on one target, asked for once: by whoever is first to want it.

    `file` keeps it for others and for later. A clock that is real would take minutes: there the
    suite is not asked. `only` are the ids of the cases to run, where it is known that no other
    fails.
    """

    def __init__(
        self,
        target: Target,
        seed: int,
        ip: IpVersion = 4,
        file: Path | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        self._target = target
        self._seed = seed
        self._ip: IpVersion = ip
        self._file = file
        self._only = only

    @cached_property
    def unmet(self) -> Mapping[str, Unmet]:
        """Requirements that the cases find unmet; empty where there are none, or nobody asks.

        Takes 5 to 20 s the first time, in a process of its own, so that neither what the cases need
        nor what they do to the stack is the campaign's. Raises what starting that process raises.
        """
        manifest = self._target.manifest
        if manifest.clock != "virtual":
            return {}
        version = self._target.version()
        known = None if self._file is None else _read(self._file, version)
        if known is not None:
            return known
        octets = _elsewhere(self._ask)
        if not octets:
            return {}
        found = _unmet(json.loads(octets))
        if self._file is not None:
            _write(self._file, version, found)
        return found

    def _ask(self) -> bytes:
        """Run the cases; what they find, as `_json` has it."""
        manifest = self._target.manifest
        target = self._target if manifest.kind == "in-process" else open_manifest(manifest)
        catalogue, expectations = load_catalogue(), load_expectations(manifest.path.parent)
        planned = plan_target(
            target, load_cases(), Selection(ip=(self._ip,)), catalogue, expectations
        )
        runs = tuple(each for each in planned.runs if not each.unsupported)
        about = Counter(name for each in runs for name in each.case.mark.requirements)
        if self._only is not None:
            runs = tuple(each for each in runs if each.case.id in self._only)
        ended: list[CaseEnded] = []

        def listen(event: RunEvent) -> None:
            if isinstance(event, CaseEnded) and any(_broken(event.result)):
                ended.append(event)

        plan = Plan((replace(planned, runs=runs),), catalogue, self._seed, 1, CASE_S, watch=True)
        run(plan, listen)
        return json.dumps(_json(_told(ended, about))).encode()


def _broken(result: CaseResult) -> Iterator[str]:
    """The requirements of a case that it has found unmet, where nobody expects that."""
    if not result.as_expected and not result.of_oracle:
        for name in result.requirements:
            if result.judged.get(name) in _UNMET:
                yield name


def _told(ended: list[CaseEnded], about: Mapping[str, int]) -> dict[str, Unmet]:
    cases: dict[str, list[str]] = {}
    symptoms: dict[str, set[str]] = {}
    for event in ended:
        for name in _broken(event.result):
            cases.setdefault(name, []).append(event.result.id)
            symptoms.setdefault(name, set()).update(alarm.requirement for alarm in event.alarms)
    return {
        name: Unmet(tuple(ids), about[name], frozenset(symptoms[name]))
        for name, ids in cases.items()
    }


# -- in a process of its own -----------------------------------------------------------------------


def _elsewhere(work: Callable[[], bytes]) -> bytes:
    """What `work` returns in a child of this process; nothing where it dies or takes too long."""
    parent, (reader, writer) = os.getpid(), os.pipe()
    with signals_held_back():
        child = os.fork()
        if not child:
            die_with(parent)
            os.close(reader)
            _leave(work, writer)
    os.close(writer)
    over = False
    try:
        octets, over = _all_of(reader)
    finally:
        os.close(reader)
        if not over:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return octets


def _leave(work: Callable[[], bytes], writer: int) -> None:
    """The child's part: it leaves signals to its parent, and never comes back."""
    code = 1
    try:
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(work())
        code = 0
    except TcpassayError:
        pass  # A case file or a stack that cannot be used: the names do without.
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _all_of(reader: int) -> tuple[bytes, bool]:
    """What comes out of a pipe, and whether its other end is closed: else the time is up."""
    parts: list[bytes] = []
    while select.select([reader], [], [], SECONDS)[0]:
        part = os.read(reader, 1 << 16)
        if not part:
            return b"".join(parts), True
        parts.append(part)
    return b"", False


# -- as JSON ---------------------------------------------------------------------------------------


def _json(unmet: Mapping[str, Unmet]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, each in unmet.items():
        cases: list[Json] = [*each.cases]
        symptoms: list[Json] = [*sorted(each.symptoms)]
        made[name] = {"cases": cases, "of": each.of, "symptoms": symptoms}
    return made


def _unmet(value: Json) -> dict[str, Unmet]:
    found = {}
    for name, form in mapping(value).items():
        each = mapping(form)
        cases = tuple(str(case) for case in array(each["cases"]))
        symptoms = frozenset(str(symptom) for symptom in array(each["symptoms"]))
        found[name] = Unmet(cases, whole_number(each["of"]), symptoms)
    return found


def _write(file: Path, version: str, unmet: Mapping[str, Unmet]) -> None:
    form = {"suite": SCHEMA, "version": version, "unmet": _json(unmet)}

    def put(part: Path) -> None:
        part.write_text(json.dumps(form, indent=1), encoding="utf-8")

    write_whole(file, put)


def _read(file: Path, version: str) -> dict[str, Unmet] | None:
    """What the file keeps of this version of the target; None where it is of no use."""
    try:
        form = mapping(json.loads(file.read_text(encoding="utf-8")))
        same = (form["suite"], form["version"]) == (SCHEMA, version)
        return _unmet(form["unmet"]) if same else None
    except (OSError, KeyError, TypeError, ValueError):
        return None
