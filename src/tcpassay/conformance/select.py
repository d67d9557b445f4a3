"""Which cases a run is about: the user's filters, then what each target can be asked."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING

from tcpassay.conformance import served
from tcpassay.conformance.plan import DEFAULT_MAX_TIME_S, PlannedRun, TargetPlan
from tcpassay.conformance.result import NotRun
from tcpassay.core.errors import ConfigurationError, NothingSelectedError
from tcpassay.core.toml_places import nearest
from tcpassay.core.verdict import Level
from tcpassay.model.catalogue import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.expectations import Expectations
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.manifest import Manifest

#: Cases that need more real time than this, in seconds, wait for --slow.
SLOW_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked for; an empty field asks for everything.

    `ip` empty means IPv4, or IPv6 on a target that has no IPv4 address: one version keeps the
    default run short; rows of the matrix run over each that the target has. `measures` asks for the
    cases whose result is a value. Several values of one field widen the selection, several fields
    narrow it.
    """

    cases: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    measures: bool = False
    ip: tuple[IpVersion, ...] = ()
    slow: bool = False
    max_time_s: float = DEFAULT_MAX_TIME_S

    @property
    def narrow(self) -> bool:
        """Whether a filter leaves cases out."""
        return bool(self.cases or self.requirements or self.levels or self.states or self.measures)


def matches(glob: str, case_id: str) -> bool:
    """Whether a glob names a case: by id, by pattern, or by a folder above it."""
    literal, pattern = _compiled(glob)
    return case_id.startswith(literal) and (pattern.match(case_id) is not None or case_id == glob)


def matching(glob: str, case_ids: Iterable[str]) -> list[str]:
    """Those that a glob names, in their order."""
    literal, pattern = _compiled(glob)
    found = pattern.match
    return [each for each in case_ids if each.startswith(literal) and (found(each) or each == glob)]


def any_of(globs: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches what one of the globs names: quicker than one glob after the other."""
    each = (f"(?:{_compiled(glob)[1].pattern}|{re.escape(glob)}\\Z)" for glob in globs)
    return re.compile("|".join(each), re.DOTALL)


@cache
def _compiled(glob: str) -> tuple[str, re.Pattern[str]]:
    """What comes before a glob's first wildcard, and the whole as one pattern (0.5 us a match)."""
    glob = glob.rstrip("/")
    literal = re.split(r"[*?[]", glob, maxsplit=1)[0]
    whole = translate(glob).removesuffix(r"\Z")
    return literal, re.compile(whole + r"(?:/.*)?\Z", re.DOTALL)


def select(cases: Sequence[Case], selection: Selection, catalogue: Catalogue) -> tuple[Case, ...]:
    """The cases that every filter lets through, in their order.

    Raises ConfigurationError for an unknown requirement, level or state, NothingSelectedError for
    a glob that matches no case and for filters that leave none.
    """
    requirements = {catalogue.get(name).id for name in selection.requirements}
    levels = {_level(name) for name in selection.levels}
    states = {_state(name) for name in selection.states}
    for glob in selection.cases:
        _must_match(glob, cases)
    chosen = tuple(
        case
        for case in cases
        if (not selection.cases or any(matches(glob, case.id) for glob in selection.cases))
        and (not requirements or requirements.intersection(case.mark.requirements))
        and (not levels or levels.intersection(_levels_of(case, catalogue)))
        and (not states or state_of(case, catalogue) in states)
        and (case.mark.measures or not selection.measures)
    )
    if not chosen:
        raise NothingSelectedError("no case passes all the filters: loosen one of them")
    return chosen


def plan_target(
    target: Target,
    cases: Iterable[Case],
    selection: Selection,
    catalogue: Catalogue,
    expectations: Expectations,
) -> TargetPlan:
    """What of `cases` a target will see, and what is left out and how to get it.

    A case that the target does not claim to support is planned as unsupported, with the reason.
    Raises ConfigurationError when the target has no address of an IP version asked for.
    """
    manifest = target.manifest
    versions = _versions(manifest, selection)
    every = _all_versions(manifest)
    runs: list[PlannedRun] = []
    not_run: list[NotRun] = []
    for case in cases:
        asked = every if case.mark.every_ip and not selection.ip else versions
        fitting = [version for version in asked if version in case.mark.ip]
        if not fitting:
            only = case.mark.ip[0]
            reason = f"needs IPv{only}; --ip {only} runs it"
            not_run.append(NotRun(manifest.name, case.id, reason))
        elif manifest.clock == "real" and (option := _more_time(case, selection)):
            reason = f"needs {_duration(case.mark.real_s)} of real time; {option} runs it"
            not_run.append(NotRun(manifest.name, case.id, reason))
        else:
            lacking = why_unsupported(case, manifest, catalogue)
            runs.extend(PlannedRun(case, version, lacking) for version in fitting)
    return TargetPlan(target, tuple(runs), tuple(not_run), expectations)


def _more_time(case: Case, selection: Selection) -> str:
    """The option that gives a case on a real clock its time; empty where it has it."""
    if case.mark.real_s <= SLOW_AFTER_S:
        return ""
    if case.mark.real_s >= selection.max_time_s:
        return f"--slow --max-time {int(case.mark.real_s * 1.1)}"
    return "" if selection.slow else "--slow"


def why_unsupported(case: Case, manifest: Manifest, catalogue: Catalogue) -> str:
    """What the manifest does not claim and the case needs; empty when it claims all.

    The condition of the case's first requirement is a need as well.
    """
    first = catalogue.get(case.mark.requirements[0])
    if manifest.served is not None:
        return _why_not_on_the_wire(case, manifest, first.condition)
    for need in case.mark.needs:
        if need not in manifest.capabilities:
            return f"the manifest of {manifest.name} does not declare {need!r}"
    if first.condition and first.condition not in manifest.capabilities:
        return (
            f"{first.id} binds only where the manifest declares {first.condition!r}, "
            f"that of {manifest.name} does not"
        )
    for setting in case.mark.settings:
        if setting not in manifest.settings:
            return f"the manifest of {manifest.name} has no [settings.{setting}]"
    return ""


def _why_not_on_the_wire(case: Case, manifest: Manifest, condition: str | None) -> str:
    """The same for a port without an agent, by what it would take."""
    for need in (*case.mark.needs, condition):
        if need and need not in manifest.capabilities:
            return served.lacks_capability(manifest, need)
    if case.mark.own_process:
        return served.lacks(served.CALLS, "the case wants a process of its own")
    for setting in case.mark.settings:
        if setting not in manifest.settings:
            return served.lacks(served.SETTINGS, f"the case wants {setting!r} set")
    return ""


def state_of(case: Case, catalogue: Catalogue) -> str:
    """The target's state at the stimulus: the case's own word, else its first requirement's."""
    return case.mark.state or catalogue.get(case.mark.requirements[0]).state


def _must_match(glob: str, cases: Sequence[Case]) -> None:
    if any(matches(glob, case.id) for case in cases):
        return
    ids = {case.id for case in cases}
    folders = {"/".join(known.split("/")[:depth]) for known in ids for depth in (1, 2, 3)}
    close = difflib.get_close_matches(glob.strip("*/"), ids | folders, n=1, cutoff=0.5)
    hint = f" (nearest: {close[0]!r})" if close else "; `tcpassay list` shows all"
    raise NothingSelectedError(f"no case matches {glob!r}{hint}")


def _levels_of(case: Case, catalogue: Catalogue) -> set[Level]:
    return {catalogue.get(name).level for name in case.mark.requirements}


def _level(name: str) -> Level:
    words = {level.replace("-", " "): level for level in Level}
    found = words.get(name.upper().replace("-", " ").replace("_", " "))
    if found is None:
        known = [str(level) for level in Level]
        hint = nearest(name.upper(), known) or f"; there are: {', '.join(known)}"
        raise ConfigurationError(f"unknown level {name!r}{hint}")
    return found


def _state(name: str) -> str:
    wanted = name.upper().replace("_", "-")
    if wanted not in STATES:
        hint = nearest(wanted, STATES) or f"; there are: {', '.join(STATES)}"
        raise ConfigurationError(f"unknown state {name!r}{hint}")
    return wanted


def _all_versions(manifest: Manifest) -> tuple[IpVersion, ...]:
    has: dict[IpVersion, bool] = {4: manifest.ipv4 is not None, 6: manifest.ipv6 is not None}
    return tuple(version for version, there in has.items() if there)


def _versions(manifest: Manifest, selection: Selection) -> tuple[IpVersion, ...]:
    has = _all_versions(manifest)
    for version in selection.ip:
        if version not in has:
            msg = (
                f"target {manifest.name} cannot be run over IPv{version}: "
                f"{manifest.path} has no [addresses.ipv{version}]"
            )
            raise ConfigurationError(msg)
    return selection.ip or has[:1]


def _duration(time_s: float) -> str:
    for unit, length_s in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if time_s >= 2 * length_s:
            return f"{time_s / length_s:.3g} {unit}"
    return f"{time_s:g} s"
