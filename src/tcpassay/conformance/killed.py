"""`reports/baselines/kills.json`: which cases fail on each mutant, as `make mutants-full` found it.

{"kills": 1,
 "mutants": {"mss_not_announced": {"requirement": "RFC9293:MUST-14", "source": "90d0...",
                                   "killed_by": ["rfc9293/3.7.1/..."], "also_fail": []}},
 "files": {"rfc9293/s3_7_1_mss.py": "11c7..."}}

`source` and `files` are hashes of the texts of the mutant and of the files that the cases are in:
what differs from its hash has to be tried again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.killers import Killers
    from tcpassay.core.json_values import Json
    from tcpassay.targets.mutants import Mutant

VERSION = 1


def kills_file() -> Path:
    """Where the project's own table is kept."""
    return content_root() / "reports" / "baselines" / "kills.json"


def hash_of(path: Path | str) -> str:
    """Eight octets that tell one text of a file from another, in hexadecimal."""
    return blake2b(Path(path).read_bytes(), digest_size=8).hexdigest()


class Killed(NamedTuple):
    """What became of one mutant: whose text has the hash `source`."""

    requirement: str
    source: str
    killed_by: tuple[str, ...]
    also_fail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KillTable:
    """Mutants by name; `files` are the hashes of the files of cases, by their path in `cases`."""

    mutants: Mapping[str, Killed] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def failing_on(self) -> dict[str, tuple[str, ...]]:
        """The mutants that each case fails on, by the case's id: those that it kills first."""
        found: dict[str, tuple[str, ...]] = {}
        for lists in ("killed_by", "also_fail"):
            for mutant, told in self.mutants.items():
                for case in getattr(told, lists):
                    found[case] = (*found.get(case, ()), mutant)
        return found

    def killers(self) -> dict[str, tuple[str, ...]]:
        """The mutants that each case kills, by the case's id."""
        found: dict[str, tuple[str, ...]] = {}
        for mutant, told in self.mutants.items():
            for case in told.killed_by:
                found[case] = (*found.get(case, ()), mutant)
        return found


class Stale(NamedTuple):
    """What a table does not know, or knows by another text: names of mutants, ids of cases.

    `sources` and `files` are the hashes by which that was told.
    """

    mutants: frozenset[str]
    cases: frozenset[str]
    sources: Mapping[str, str]
    files: Mapping[str, str]

    def concerns(self, mutant: Mutant, case: Case) -> bool:
        """Whether the table cannot say what the case gives on the mutant."""
        return mutant.name in self.mutants or case.id in self.cases


def stale(table: KillTable, mutants: Iterable[Mutant], cases: Sequence[Case]) -> Stale:
    """What is new or has changed since the table was written; to be asked before anything runs."""
    sources = {mutant.name: hash_of(mutant.path) for mutant in mutants}
    places = {place_of(case): case.file for case in cases}
    files = {place: hash_of(file) for place, file in sorted(places.items())}
    known = {name: told.source for name, told in table.mutants.items()}
    return Stale(
        frozenset(name for name, source in sources.items() if known.get(name) != source),
        frozenset(
            case.id for case in cases if table.files.get(place_of(case)) != files[place_of(case)]
        ),
        sources,
        files,
    )


def place_of(case: Case) -> str:
    """The case's file as the table names it: its path in `conformance/cases`."""
    path = Path(case.file)
    cases = content_root() / "conformance" / "cases"
    return path.relative_to(cases).as_posix() if path.is_relative_to(cases) else str(path)


def updated(
    table: KillTable, found: Iterable[Killers], old: Stale, cases: Iterable[Case]
) -> KillTable:
    """The table with what was found in place of what was stale in it; what is gone is left out."""
    valid = {case.id for case in cases} - old.cases
    tried = {}
    for each in found:
        known = None if each.mutant in old.mutants else table.mutants.get(each.mutant)
        killed_by, also_fail = (known.killed_by, known.also_fail) if known else ((), ())
        tried[each.mutant] = Killed(
            each.requirement,
            old.sources[each.mutant],
            tuple(sorted({*each.killed_by, *valid.intersection(killed_by)})),
            tuple(sorted({*each.also_fail, *valid.intersection(also_fail)})),
        )
    return KillTable(tried, old.files)


def never_failing(table: KillTable, cases: Iterable[Case]) -> list[str]:
    """The cases that judge, by id, and that fail on no mutant of the table."""
    failing = table.failing_on()
    return [case.id for case in cases if not case.mark.measures and case.id not in failing]


def write_table(table: KillTable, path: Path | None = None) -> Path:
    """Write the table, the same octets for the same table; where it was written."""
    file = kills_file() if path is None else path
    mutants = {name: told._asdict() for name, told in sorted(table.mutants.items())}
    value = {"kills": VERSION, "mutants": mutants, "files": dict(table.files)}
    file.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    return file


def load_table(path: Path | None = None) -> KillTable:
    """The table of a file; an empty one where there is no file.

    Raises ConfigurationError for a file that is no such table.
    """
    file = kills_file() if path is None else path
    if not file.is_file():
        return KillTable()
    try:
        value = mapping(json.loads(file.read_text(encoding="utf-8")))
        if value["kills"] != VERSION:
            msg = f"its version is {value['kills']!r:.40}"
            raise ValueError(msg)
        mutants = {name: _killed(mapping(told)) for name, told in mapping(value["mutants"]).items()}
        files = {place: str(digest) for place, digest in mapping(value["files"]).items()}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{file}: not a kill table of version {VERSION} ({error})"
        ) from None
    return KillTable(mutants, files)


def _killed(told: Mapping[str, Json]) -> Killed:
    return Killed(
        str(told["requirement"]),
        str(told["source"]),
        tuple(str(case) for case in array(told["killed_by"])),
        tuple(str(case) for case in array(told["also_fail"])),
    )
