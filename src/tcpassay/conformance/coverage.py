"""Which entries of the catalogue are judged by cases, and why the others are not.

An entry is covered when an assertion bound to it ran and was not unsupported (CONTRACTS.md,
section 4). Before a run that is told from what the cases cite and from what the manifests of the
project's own targets claim; after a run, from what was judged. Rows of the matrix count as cases.
Entries of the oracle do not: it judges whatever passes by, and no case need have brought it about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.conformance.select import why_unsupported
from tcpassay.core.verdict import Level

if TYPE_CHECKING:
    from tcpassay.conformance.case import Case
    from tcpassay.model.catalogue import Catalogue, Requirement
    from tcpassay.model.not_covered import Omission
    from tcpassay.targets.manifest import Manifest

Fate = Literal["covered", "not observable", "left out", "not covered"]
FATES: tuple[Fate, ...] = ("covered", "not observable", "left out", "not covered")

#: Conditions whose entries count once a target declares them.
LATER = frozenset({"accecn", "rack", "cubic", "plpmtud", "ethernet"})

_BINDING = (Level.MUST, Level.MUST_NOT, Level.SHALL, Level.RULE, Level.ROBUSTNESS)
_ADVISING = (
    Level.SHOULD,
    Level.SHOULD_NOT,
    Level.RECOMMENDED,
    Level.MAY,
    Level.MAY_FAIL,
    Level.DOC,
    Level.OBSERVE,
)
_DOCUMENTS = (Level.STATEMENT, Level.TEXTBOOK)

_OBSERVED = {"wire": "on the wire", "api": "at the socket calls", "both": "at both"}


class Entry(NamedTuple):
    """What became of one entry; `reason` says why it is not covered, empty where nobody does."""

    requirement: Requirement
    fate: Fate
    reason: str = ""


class Figure(NamedTuple):
    """How many of a class of entries are covered, of those that can be observed and count.

    `wanted` is the least share, in per cent; None where the line only tells more of the one above.
    """

    name: str
    covered: int
    of: int
    wanted: int | None = None

    @property
    def percent(self) -> float:
        """The share covered; 100 of nothing."""
        return 100 * self.covered / self.of if self.of else 100.0

    @property
    def reached(self) -> bool:
        """Whether it is as much as wanted."""
        return self.wanted is None or self.percent >= self.wanted


class Coverage(NamedTuple):
    """Every entry in the catalogue's order, and the omissions that name a covered one."""

    entries: tuple[Entry, ...]
    needless: tuple[Omission, ...]

    def unexplained(self) -> list[Entry]:
        """What is not covered and has no reason."""
        return [each for each in self.entries if each.fate == "not covered" and not each.reason]


class Bound(NamedTuple):
    """Requirements that cases judge, and why the cases of others could not be asked."""

    covered: frozenset[str]
    lacking: Mapping[str, str]


def bound_by_citation(
    cases: Iterable[Case], manifests: Sequence[Manifest], catalogue: Catalogue
) -> Bound:
    """What a run of all `cases` on targets of these manifests could judge; about 3 us a case."""
    covered: set[str] = set()
    lacking: dict[str, str] = {}
    for case in cases:
        reason = _why_on_none(case, manifests, catalogue)
        if not reason:
            covered.update(case.mark.requirements)
        else:
            for name in case.mark.requirements:
                lacking.setdefault(name, f"{case.id}: {reason}")
    return Bound(frozenset(covered), lacking)


def _why_on_none(case: Case, manifests: Sequence[Manifest], catalogue: Catalogue) -> str:
    """Why no manifest supports the case, by the last of them; empty where one does."""
    reason = "there is no target"
    for manifest in manifests:
        reason = why_unsupported(case, manifest, catalogue)
        if not reason:
            break
    return reason


def coverage(
    catalogue: Catalogue,
    bound: Bound,
    omissions: Iterable[Omission],
    capabilities: frozenset[str],
) -> Coverage:
    """What became of every entry, where targets declare `capabilities` among them."""
    omissions = tuple(omissions)
    reasons = {name: one.reason for one in omissions for name in one.requirements}
    entries = tuple(_entry(requirement, bound, reasons, capabilities) for requirement in catalogue)
    needless = tuple(one for one in omissions if _needless(one, bound.covered))
    return Coverage(entries, needless)


def _needless(omission: Omission, covered: frozenset[str]) -> bool:
    """A plain id that is covered; a glob whose every entry is."""
    return covered.issuperset(omission.requirements)


def _entry(
    requirement: Requirement,
    bound: Bound,
    reasons: Mapping[str, str],
    capabilities: frozenset[str],
) -> Entry:
    name, condition = requirement.id, requirement.condition
    if name in bound.covered:
        return Entry(requirement, "covered")
    if requirement.observable == "no":
        return Entry(requirement, "not observable", reasons.get(name, ""))
    if condition in LATER and condition not in capabilities:
        return Entry(requirement, "left out", f"no target declares {condition!r}")
    return Entry(requirement, "not covered", reasons.get(name) or bound.lacking.get(name, ""))


def figures(entries: Sequence[Entry]) -> list[Figure]:
    """The shares that the suite is held to, each followed by its parts by what is observed."""
    found = []
    for name, levels, wanted in (
        (", ".join(_BINDING), _BINDING, 95),
        (", ".join(_ADVISING), _ADVISING, 85),
        ("DOC-01 to DOC-50, the statements of the source documents", _DOCUMENTS, 100),
    ):
        counted = [
            each
            for each in entries
            if each.requirement.level in levels and each.fate in ("covered", "not covered")
        ]
        found.append(_figure(name, counted, wanted))
        for observable, words in _OBSERVED.items():
            part = [each for each in counted if each.requirement.observable == observable]
            if part and len(part) < len(counted):
                found.append(_figure(f"  observed {words}", part))
    return found


def _figure(name: str, entries: Sequence[Entry], wanted: int | None = None) -> Figure:
    return Figure(name, sum(each.fate == "covered" for each in entries), len(entries), wanted)
