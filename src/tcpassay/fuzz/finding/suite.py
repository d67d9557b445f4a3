"""What the conformance cases say of a target that has a finding: which requirements they find
unmet. A finding shows a fault where it has come to light; a case is about the requirement itself.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.conformance.expectations import load_expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import Plan
from tcpassay.conformance.result import CaseEnded
from tcpassay.conformance.runner import run
from tcpassay.conformance.select import Selection, plan_target
from tcpassay.core.json_values import array, mapping, whole_number
from tcpassay.core.verdict import Verdict
from tcpassay.core.whole import write_whole
from tcpassay.fuzz.finding.apart import apart
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, RunEvent
    from tcpassay.core.json_values import Json
    from tcpassay.targets.contract import IpVersion, Target

#: Seconds that all the cases may take, and one of them.
SECONDS, CASE_S = 120.0, 20.0
_UNMET: Final = frozenset({Verdict.FAIL, Verdict.DEVIATION})

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


class Suite:
    """The word of the cases on one target, asked for once: by whoever is first to want it.

    `file` keeps it for the other workers of a session. A clock that is real would take minutes:
    there the suite is not asked. `only` are the ids of the cases to run, where it is known that no
    other fails.
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

        Takes 5 to 30 s where the file does not have it, in a process of its own, so that neither
        what the cases need nor what they do to the stack is the campaign's. Raises TcpassayError
        where the file cannot be written.
        """
        if self._target.manifest.clock != "virtual":
            return {}
        if self._file is None:
            return _unmet(apart(self._ask, SECONDS))
        with _alone_in(self._file.parent):
            octets = _read(self._file)
            if octets is None:
                octets = apart(self._ask, SECONDS)
                _write(self._file, octets)
        return _unmet(octets)

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


# -- as JSON ---------------------------------------------------------------------------------------


def _json(unmet: Mapping[str, Unmet]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, each in unmet.items():
        cases: list[Json] = [*each.cases]
        symptoms: list[Json] = [*sorted(each.symptoms)]
        made[name] = {"cases": cases, "of": each.of, "symptoms": symptoms}
    return made


def _unmet(octets: bytes) -> dict[str, Unmet]:
    """What `_json` has made; nothing of what is no such thing."""
    try:
        return {name: _one(mapping(form)) for name, form in mapping(json.loads(octets)).items()}
    except (KeyError, TypeError, ValueError):
        return {}


def _one(form: Mapping[str, Json]) -> Unmet:
    cases = tuple(str(case) for case in array(form["cases"]))
    symptoms = frozenset(str(symptom) for symptom in array(form["symptoms"]))
    return Unmet(cases, whole_number(form["of"]), symptoms)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One worker asks, and the others wait for what it has heard."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(file: Path, octets: bytes) -> None:
    def put(part: Path) -> None:
        part.write_bytes(octets)

    write_whole(file, put)


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None
