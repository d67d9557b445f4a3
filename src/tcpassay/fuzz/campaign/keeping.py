"""Findings and corpus of a campaign as its folder keeps them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.fuzz.alarms import Key
from tcpassay.fuzz.campaign.happenings import Again, Found
from tcpassay.fuzz.campaign.lines import each_value
from tcpassay.fuzz.campaign.store import CORPUS_FILE, FINDINGS_FOLDER, SUITE_FILE
from tcpassay.fuzz.finding.findings import Findings
from tcpassay.fuzz.finding.kept import finding_from_json
from tcpassay.fuzz.finding.suite import Suite
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.corpus import BEHIND
from tcpassay.fuzz.sources.entries import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.campaign.store import Store
    from tcpassay.fuzz.finding.findings import Before
    from tcpassay.fuzz.finding.kept import Finding
    from tcpassay.fuzz.judges.differential import Hint
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.fuzz.sources.sequence import Sequence
    from tcpassay.targets.contract import IpVersion, Target


class Keeper:
    """Keeps the findings of one worker; those of others are told by `know`."""

    def __init__(
        self,
        target: Target,
        judge: Judge,
        store: Store,
        seed: int,
        kept: Iterable[Finding] = (),
        ip: IpVersion = 4,
    ) -> None:
        self._store = store
        suite = Suite(target, seed, ip, store.folder / SUITE_FILE)
        folder = store.folder / FINDINGS_FOLDER
        self._findings = Findings(target, judge, seed, folder, suite=suite)
        self._seen: Counter[Key] = Counter()
        self._explained: Counter[str] = Counter()
        self._dropped = 0
        self.know(kept)

    def know(self, findings: Iterable[Finding]) -> None:
        """Findings that are kept already."""
        for finding in findings:
            self._findings.know(finding)
            if not finding.explained:
                self._seen[finding.key] += finding.times

    @property
    def stacks(self) -> int:
        """How many fresh stacks findings have cost."""
        return self._findings.stacks

    def consider(self, ran: Ran, alarm: Alarm, before: Before) -> Found | None:
        """What an alarm comes to: a finding that is new, and kept; else None.

        `before` gives the cases of its stay before it. Raises as `Findings.consider`.
        """
        finding = self._findings.consider(ran, alarm, before)
        if finding is None:
            return None
        if finding.explained:
            self._explained[finding.explained] += 1
        else:
            self._seen[finding.key] += 1
        trace = self._findings.path(finding).relative_to(self._store.folder)
        found = Found(finding, str(trace))
        self._store.add("findings", {"found": found_json(found)}, sync=True)
        return found

    def again(self, stay: int) -> Again | None:
        """What has come again since the last time, and is kept; None for nothing."""
        findings = self._findings
        dropped = findings.not_confirmed.total()
        again = Again(
            stay,
            tuple((findings.seen - self._seen).items()),
            tuple((findings.explained - self._explained).items()),
            dropped - self._dropped,
        )
        if not any(again[1:]):
            return None
        self._seen, self._explained = findings.seen.copy(), findings.explained.copy()
        self._dropped = dropped
        self._store.add("findings", {"again": again_json(again)})
        return again


def found_json(found: Found) -> dict[str, Json]:
    """A finding as a value that JSON holds."""
    return {"trace": found.trace, "finding": found.finding.to_json()}


def again_json(again: Again) -> dict[str, Json]:
    """What came again as a value that JSON holds."""
    keys: list[Json] = [[*key, count] for key, count in again.keys]
    explained: list[Json] = [[entry, count] for entry, count in again.explained]
    return {"stay": again.stay, "keys": keys, "explained": explained, "dropped": again.dropped}


def read_findings(lines: Iterable[Json], path: Path) -> tuple[list[Found], list[Again]]:
    """The lines of findings.jsonl. A key that two workers have found at once counts once.

    Raises ConfigurationError that names the file and the line.
    """
    found: dict[tuple[Key, str], Found] = {}
    again: list[Again] = []
    for number, line in enumerate(lines, 1):
        try:
            form = mapping(line)
            if "found" in form:
                each = _found(form["found"])
                found.setdefault((each.finding.key, each.finding.explained), each)
            else:
                again.append(_again(form["again"]))
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{path}:{number}: not a finding ({type(error).__name__}: {error})"
            raise ConfigurationError(msg) from None
    return list(found.values()), again


def _found(value: Json) -> Found:
    form = mapping(value)
    return Found(finding_from_json(form["finding"]), str(form["trace"]))


def _again(value: Json) -> Again:
    form = mapping(value)
    keys, explained = [], []
    for item in array(form["keys"]):
        *key, count = array(item)
        keys.append((Key(*(str(part) for part in key)), whole_number(count)))
    for item in array(form["explained"]):
        entry, count = array(item)
        explained.append((str(entry), whole_number(count)))
    return Again(
        whole_number(form["stay"]), tuple(keys), tuple(explained), whole_number(form["dropped"])
    )


def hint_json(number: int, hint: Hint) -> dict[str, Json]:
    """A line of hints.jsonl: the case, the step, and what each target answers there."""
    return {
        "case": number,
        "step": hint.step,
        "input": hint.input,
        "targets": list(hint.targets),
        "answers": list(hint.answers),
        "said": list(hint.said),
    }


def read_corpus(lines: Iterable[Json], path: Path) -> list[Entry]:
    """The lines of corpus.jsonl; of a case that was run again, what it brought first.

    Raises ConfigurationError that names the file and the line.
    """
    return list(each_entry(lines, path))


def each_entry(lines: Iterable[Json], path: Path) -> Iterator[Entry]:
    """The same one after the other."""
    told: set[int] = set()
    for number, line in enumerate(lines, 1):
        try:
            entry = Entry.from_json(line)
        except ValueError as error:
            raise ConfigurationError(f"{path}:{number}: no entry of a corpus: {error}") from None
        if entry.number not in told:
            told.add(entry.number)
            yield entry


def take_in(guide: Sequence, path: Path, low: int) -> frozenset[int]:
    """Let the guide of a campaign know what its corpus file holds; the numbers of the entries.

    `low` is the first stay that is not over. A stay begins when those are over that it may know of,
    so what they have brought stands before what it brings: the file need not be held as a whole.
    Raises ConfigurationError that names the file, OSError.
    """
    numbers: set[int] = set()
    for entry in each_entry(each_value(path), path):
        numbers.add(entry.number)
        try:
            guide.admit((entry,))
        except ValueError as error:
            msg = f"{path}: {error}; the file is damaged: give another --out DIR"
            raise ConfigurationError(msg) from None
        guide.settles(min(entry.number // STAY, low) - BEHIND)
    return frozenset(numbers)


def entries_of(store: Store, stay: int) -> list[Entry]:
    """What a stay has brought so far, as the folder has it now."""
    path = store.folder / CORPUS_FILE
    first, last = stay * STAY, (stay + 1) * STAY
    lines = [
        line for line in each_value(path) if first <= whole_number(mapping(line)["number"]) < last
    ]
    return read_corpus(lines, path)
