"""What has to change in an `expectations.toml` for a run to be as expected.

The file is edited as text, so that comments, order and layout stay; what comes out is read again
and compared with what was meant.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.expectations import UNWRITTEN
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import read_toml
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tcpassay.conformance.result import CaseResult, StaleExpectation

#: How much of a case's message goes into a reason that is still to be written.
_LONGEST_HINT = 160


class Proposal(NamedTuple):
    """One new [[expect]]: cases by glob, the verdict that they gave, what they said.

    `ip` narrows it where the cases gave that verdict on one IP version and not on the other.
    """

    cases: tuple[str, ...]
    verdict: Verdict
    ip: int | None
    hint: str


class Renewal(NamedTuple):
    """The text of a file before and after, and how many entries come and go."""

    before: str
    after: str
    added: int
    removed: int


def propose(results: Sequence[CaseResult]) -> list[Proposal]:
    """New entries for what a run of one target gave and nobody expected, in the order of ids.

    Rows of one case that gave the same become one entry, by a glob where all of its rows did.
    An error is a fault of the tester's: it is never proposed.
    """
    both = {result.id for result in results if result.ip == 6} & {
        result.id for result in results if result.ip == 4
    }
    groups: dict[tuple[str, Verdict, int | None], list[CaseResult]] = {}
    seen: set[str] = set()
    for result in sorted(results, key=lambda each: (each.id, each.ip)):
        if result.as_expected or result.verdict is Verdict.ERROR:
            continue
        alike = {each.ip for each in _alike(result, results)}
        ip = result.ip if result.id in both and alike == {result.ip} else None
        if ip is None and result.id in seen:
            continue
        seen.add(result.id)
        groups.setdefault((_family(result), result.verdict, ip), []).append(result)
    return [
        Proposal(_globs(several, results), verdict, ip, _hint(several))
        for (_, verdict, ip), several in groups.items()
    ]


def _alike(result: CaseResult, results: Iterable[CaseResult]) -> Iterator[CaseResult]:
    for each in results:
        if each.id == result.id and each.verdict is result.verdict and not each.as_expected:
            yield each


def _family(result: CaseResult) -> str:
    """What rows share: the case that they are rows of, or the rule that a matrix row broke."""
    if result.of_oracle:
        return result.id
    if result.id.startswith("matrix/"):
        return next(iter(result.judged), result.requirements[0])
    return f"{result.location.file}:{result.location.line}"


def _globs(several: Sequence[CaseResult], results: Iterable[CaseResult]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(result.id for result in several))
    if len(ids) == 1 or ids[0].startswith("matrix/"):
        return ids
    parent = ids[0].rpartition("/")[0]
    rows = {each.id for each in results if each.id.rpartition("/")[0] == parent}
    of_case = {each.id for each in results if each.location == several[0].location}
    return (f"{parent}/*",) if set(ids) == rows == of_case else ids


def _hint(several: Sequence[CaseResult]) -> str:
    """What the first of several cases said, on one line and printable."""
    first = next((result.message for result in several if result.message), "")
    message = "".join(each if each.isprintable() else "?" for each in " ".join(first.split()))
    return message if len(message) <= _LONGEST_HINT else f"{message[:_LONGEST_HINT]}..."


def renew(path: Path, proposals: Sequence[Proposal], stale: Iterable[StaleExpectation]) -> Renewal:
    """The file with new entries at its end, and without the globs that are stale.

    Raises ConfigurationError for a malformed file, and where the file is laid out in a way that
    cannot be edited safely.
    """
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    after, removed = before, 0
    wanted: list[object] = []
    if before:
        after, wanted, removed = _without(path, before, {(one.line, one.case) for one in stale})
    for proposal in proposals:
        after = f"{after.rstrip()}\n\n{_entry_text(proposal)}".lstrip("\n")
    wanted += [_entry_value(proposal) for proposal in proposals]
    if _entries(after) != wanted:
        raise ConfigurationError(f"{path}: its layout cannot be edited safely; edit it by hand")
    return Renewal(before, after, len(proposals), removed)


def _entries(text: str) -> object:
    """The entries in a text; None where it is no TOML."""
    try:
        return tomllib.loads(text).get("expect", [])
    except tomllib.TOMLDecodeError:
        return None


def _without(path: Path, text: str, stale: set[tuple[int, str]]) -> tuple[str, list[object], int]:
    """The text without stale globs, the entries that it then has, and how many globs went."""
    file = read_toml(path)
    entries = file.data.get("expect", [])
    if not isinstance(entries, list):
        raise ConfigurationError(f"{path}: wanted an array of tables, [[expect]]; read it again")
    starts = [file.line("expect", index) for index in range(len(entries))]
    lines = text.splitlines(keepends=True)
    kept: list[object] = []
    removed = 0
    for index in reversed(range(len(entries))):
        entry = entries[index]
        globs = entry["case"] if isinstance(entry["case"], list) else [entry["case"]]
        gone = [glob for glob in globs if (starts[index], glob) in stale]
        removed += len(gone)
        end = starts[index + 1] - 1 if index + 1 < len(starts) else len(lines)
        start, end = starts[index] - 1, _end(lines, starts[index], end)
        if len(gone) == len(globs):
            blank = end < len(lines) and not lines[end].strip()
            del lines[start : end + blank]
            continue
        if gone:
            lines[start:end] = [_without_globs("".join(lines[start:end]), gone)]
            entry = {**entry, "case": [glob for glob in globs if glob not in gone]}
        kept.insert(0, entry)
    return "".join(lines), kept, removed


def _end(lines: Sequence[str], start: int, end: int) -> int:
    """Where an entry ends: comments and blank lines behind it are those of the next."""
    while end > start and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _without_globs(block: str, gone: Iterable[str]) -> str:
    """An entry's lines without some globs of its array, and without the lines that held no more."""
    for glob in gone:
        block = re.sub(rf'"{re.escape(glob)}",?[ \t]*', "", block, count=1)
    return "".join(line for line in block.splitlines(keepends=True) if line.strip())


def _entry_text(proposal: Proposal) -> str:
    """The entry as it is written into the file."""
    value = _entry_value(proposal)
    cases = value.pop("case")
    if isinstance(cases, list):
        rows = "".join(f"  {_text(str(case))},\n" for case in cases)
        case = f"[\n{rows}]"
    else:
        case = _text(str(cases))
    lines = [
        f"{key} = {each if isinstance(each, int) else _text(str(each))}"
        for key, each in value.items()
    ]
    return "\n".join(("[[expect]]", f"case = {case}", *lines)) + "\n"


def _entry_value(proposal: Proposal) -> dict[str, object]:
    one = len(proposal.cases) == 1
    value: dict[str, object] = {
        "case": proposal.cases[0] if one else list(proposal.cases),
        "verdict": proposal.verdict.value,
        "reason": f"{UNWRITTEN}{proposal.hint or 'clause, and what the target does'}",
    }
    return value if proposal.ip is None else {**value, "ip": proposal.ip}


def _text(value: str) -> str:
    """A basic string of TOML, whose escapes are those of JSON but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
