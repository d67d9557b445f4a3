"""`expectations.toml`: the verdicts of a target that are known and explained."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tcpassay.conformance.result import StaleExpectation
from tcpassay.conformance.select import any_of, matches, matching
from tcpassay.core.toml_places import read_toml
from tcpassay.core.toml_tables import TableReader
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult
    from tcpassay.core.toml_places import TomlFile

#: Entries of the trials' own, `exchanges/<requirement>/<why>`: of no run, so never stale in one.
EXCHANGES = "exchanges"

#: How a reason begins that `tcpassay expectations update` has left to be written.
UNWRITTEN = "FILL IN: "

#: What a verdict that is known is held to be: a fault that its maintainers would want to mend; what
#: another RFC, or an older one, permits; what they have chosen and stand by.
NATURES = ("defect", "variant", "choice")

#: An error is a fault of the tester's: nobody can expect it.
_EXPECTABLE = tuple(str(verdict) for verdict in Verdict if verdict is not Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One [[expect]]: cases by glob, narrowed by IP version and by a glob over the version.

    `nature` is one of NATURES, empty where nobody has said.
    """

    case: str
    verdict: Verdict
    reason: str
    nature: str
    url: str
    ip: int | None
    target_version: str
    file: str
    line: int

    @property
    def source(self) -> str:
        """What the first part of an id has to begin with, as far as the glob tells."""
        return re.split(r"[*?[/]", self.case, maxsplit=1)[0]

    def covers(self, case_id: str, ip: int, version: str) -> bool:
        """Whether the entry speaks of this run of a case."""
        return (
            self.ip in (None, ip)
            and (not self.target_version or fnmatchcase(version, self.target_version))
            and matches(self.case, case_id)
        )


class Expectations:
    """The entries of one target, in order. Where several cover a run, the last decides."""

    def __init__(self, entries: Iterable[Expectation] = ()) -> None:
        self.entries = tuple(entries)
        self._last_first: dict[str, tuple[re.Pattern[str], tuple[Expectation, ...]]] = {}

    def expected(self, case_id: str, ip: int, version: str) -> Expectation | None:
        """The entry that decides, or None: then pass, info and unsupported are expected."""
        source = case_id.partition("/")[0]
        if source not in self._last_first:
            entries = tuple(
                entry for entry in reversed(self.entries) if source.startswith(entry.source)
            )
            self._last_first[source] = any_of(entry.case for entry in entries), entries
        named, entries = self._last_first[source]
        if not named.match(case_id):
            return None
        for entry in entries:
            if entry.covers(case_id, ip, version):
                return entry
        return None

    def stale(
        self,
        target: str,
        version: str,
        results: Collection[CaseResult],
        known: Collection[str] | None,
        planned: Collection[str],
        partly: Collection[str] = (),
    ) -> tuple[StaleExpectation, ...]:
        """The entries that no longer say anything true.

        An entry is stale when it matches none of the `known` ids (None: not all are known, so
        none is stale for that), or when every known case it matches was `planned`, has run, and
        none of those that it decides gave its verdict. Cases that were not selected, were slow or
        were cut off never make an entry stale. Of the sources named in `partly` ("cases",
        "matrix") not every id is known: none of their entries is stale for matching nothing.
        """
        by_id: dict[str, list[CaseResult]] = {}
        for result in results:
            by_id.setdefault(result.id, []).append(result)
        by_source: dict[str, list[str]] = {}
        for each in known or planned:
            by_source.setdefault(each.partition("/")[0], []).append(each)
        found = []
        for entry in self.entries:
            if entry.source == EXCHANGES:
                continue
            source = entry.source if entry.source in partly else "cases"
            unknown = known is None or source in partly
            ids = [
                each
                for name, of_source in by_source.items()
                if name.startswith(entry.source)
                for each in matching(entry.case, of_source)
            ]
            if ids:
                why = self._why_stale(entry, version, ids, by_id)
            else:
                why = "" if unknown else "matches no known case"
            if why:
                found.append(StaleExpectation(target, entry.case, entry.file, entry.line, why))
        return tuple(found)

    def _why_stale(
        self,
        entry: Expectation,
        version: str,
        ids: Collection[str],
        results: Mapping[str, list[CaseResult]],
    ) -> str:
        ran = [
            result
            for case_id in ids
            for result in results.get(case_id, ())
            if entry.covers(result.id, result.ip, version)
        ]
        if {result.id for result in ran} < set(ids):
            return ""
        decided = [r for r in ran if self.expected(r.id, r.ip, version) is entry]
        if not decided:
            return "later entries decide every case it matches"
        if any(result.verdict is entry.verdict for result in decided):
            return ""
        got = ", ".join(sorted({str(result.verdict) for result in decided}))
        return f"expects {entry.verdict}, every case it matches ran and gave {got}"


def as_expected(verdict: Verdict, expectation: Expectation | None) -> bool:
    """Whether a verdict is the one expected; an error never is."""
    if expectation is None:
        return verdict in EXPECTED_BY_DEFAULT
    return verdict is expectation.verdict


def load_expectations(folder: Path) -> Expectations:
    """The `expectations.toml` of a target's folder; none at all where there is no such file.

    Raises ConfigurationError with file, line and the nearest valid word.
    """
    path = folder / "expectations.toml"
    if not path.exists():
        return Expectations()
    file = read_toml(path)
    for key in file.data:
        if key != "expect":
            raise file.error((key, 0), f"unknown key {key!r}: entries are tables, [[expect]]")
    entries = file.data.get("expect", [])
    if not isinstance(entries, list):
        raise file.error(("expect",), "'expect' is no array of tables: write [[expect]]")
    return Expectations(
        each for index, entry in enumerate(entries) for each in _entry(file, index, entry)
    )


def _entry(file: TomlFile, index: int, entry: object) -> list[Expectation]:
    """One for each glob of the entry's `case`: a text, or an array of them with one reason."""
    at = ("expect", index)
    if not isinstance(entry, dict):
        raise file.error(at, f"[[expect]] is {entry!r}, wanted a table")
    table = TableReader(file, entry, at)
    ip = table.integer("ip") if "ip" in table else None
    if ip not in (None, 4, 6):
        raise table.error("ip", f"'ip' is {ip}, wanted 4 or 6")
    globs = table.texts("case") if isinstance(entry.get("case"), list) else (table.text("case"),)
    first = Expectation(
        case="",
        verdict=Verdict(table.choice("verdict", _EXPECTABLE)),
        reason=_reason(table),
        nature=table.choice("nature", NATURES) if "nature" in table else "",
        url=table.text("url", ""),
        ip=ip,
        target_version=table.text("target_version", ""),
        file=str(file.path),
        line=file.line(*at),
    )
    table.end()
    return [replace(first, case=glob) for glob in globs]


def _reason(table: TableReader) -> str:
    """Why the verdict is right to expect: what nobody has written yet is no reason."""
    reason = table.text("reason")
    if reason.startswith(UNWRITTEN.rstrip()):
        raise table.error(
            "reason",
            f"the reason is still to be written: put the clause and what the target does in place "
            f"of {reason[:60]!r}",
        )
    return reason
