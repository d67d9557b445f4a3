"""Reading a run record back: run.json, run.jsonl also after the run was killed, or a bundle."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, NoReturn, cast

from tcpassay.conformance.result import (
    Alarm,
    CaseResult,
    Location,
    NotRun,
    StaleExpectation,
    TargetInfo,
    TargetNotStarted,
)
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping, whole_number
from tcpassay.core.trace import FieldDiff
from tcpassay.core.verdict import Level, Verdict
from tcpassay.reports.record import BUNDLE, SCHEMA, CaseRecord, RunRecord, count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tcpassay.core.json_values import Json


#: What a folder is looked through for, in this order.
_FILES: Final = ("run.jsonl", "run.json", "report.json")


class Stored(NamedTuple):
    """A run record, the folder that its paths are relative to, and what a bundle has beside it.

    `traces` are the traces of a bundle by the paths that the record names; None: no bundle.
    """

    record: RunRecord
    folder: Path
    traces: Mapping[str, Json] | None = None


def read_record(path: Path) -> RunRecord:
    """The record in `path` (run.json, run.jsonl or a bundle) or in the folder `path`.

    A last line cut short by a kill is left out. Raises ConfigurationError for anything that is
    not a run record of version 1.
    """
    return read(path).record


def read(path: Path) -> Stored:
    """The same with what lies beside it."""
    file = _file_in(path) if path.is_dir() else path
    try:
        octets = file.read_bytes()
    except OSError as error:
        msg = f"{file}: cannot read the run record: {error.strerror}"
        raise ConfigurationError(msg) from error
    text = _text(file, octets)
    try:
        value = _whole(text) or _joined(file, text)
        if "report" not in value:
            return Stored(_from_object(value, file), file.parent)
        if value["report"] != BUNDLE:
            _refuse(file, f"a bundle of version {value['report']!r:.40}, not {BUNDLE}")
        record = _from_object(mapping(value["record"]), file)
        return Stored(record, file.parent, mapping(value["traces"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _refuse(file, f"{type(error).__name__}: {error!s:.200}")
    except RecursionError:
        _refuse(file, "nested too deeply")


def _file_in(folder: Path) -> Path:
    """The record in a folder; where there is none, the name that is missed first."""
    there = (folder / name for name in _FILES)
    return next((file for file in there if file.is_file()), folder / _FILES[0])


def _refuse(file: Path, why: str) -> NoReturn:
    msg = f"{file}: not a run record of version {SCHEMA} ({why}); name a run.json or run.jsonl"
    raise ConfigurationError(msg)


def _text(file: Path, octets: bytes) -> str:
    """The octets as text; of a last line that a kill has cut within a character, what is whole."""
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        if b"\n" in octets[error.start :] or b"\n" not in octets:
            _refuse(file, f"octet {error.start} is not UTF-8")
        return octets[: error.start].decode()


def _whole(text: str) -> dict[str, Json] | None:
    """The record when `text` is one JSON object with cases, else None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "header" not in value else None


def _joined(file: Path, text: str) -> dict[str, Json]:
    """The record from lines: a header, cases and targets that never started, and the end."""
    # Other ends of lines that str.splitlines() knows are text of a target's.
    lines = text.removesuffix("\n").split("\n") if text else []
    record: dict[str, Json] = {}
    cases: list[Json] = []
    not_started: list[Json] = []
    for number, line in enumerate(lines, 1):
        try:
            ((kind, value),) = json.loads(line).items()
        except (ValueError, AttributeError):
            if number == len(lines) and number > 1:
                break
            _refuse(file, f"line {number} is not a line of a run record")
        if kind == "case":
            cases.append(value)
        elif kind == "not_started":
            not_started.append(value)
        else:
            record.update(value)
    return {"complete": False, **record, "cases": cases, "not_started": not_started}


def _from_object(value: dict[str, Json], file: Path) -> RunRecord:
    if value.get("schema") != SCHEMA:
        found = value.get("schema", "none")
        msg = f"{file}: a run record of version {SCHEMA} is wanted, its version is {found}"
        raise ConfigurationError(msg)
    cases = tuple(_case(mapping(case)) for case in array(value["cases"]))
    totals = {
        target: {Verdict(name): whole_number(number) for name, number in mapping(counts).items()}
        for target, counts in mapping(value.get("totals") or {}).items()
    }
    tool = mapping(value["tool"])
    return RunRecord(
        seed=whole_number(value["seed"]),
        started=str(value["started"]),
        targets=tuple(_target(mapping(target)) for target in array(value["targets"])),
        cases=cases,
        totals=totals or count(cases),
        wall_s=_real(value.get("wall_s", 0.0)),
        tool=f"{tool['name']} {tool['version']}",
        planned={name: whole_number(n) for name, n in mapping(value.get("planned") or {}).items()},
        not_started=tuple(
            TargetNotStarted(str(t["target"]), str(t["reason"]), bool(t["skipped"]))
            for t in map(mapping, array(value.get("not_started") or []))
        ),
        not_run=tuple(
            NotRun(str(left["target"]), str(left["case"]), str(left["reason"]))
            for left in map(mapping, array(value.get("not_run") or []))
        ),
        stale=tuple(_stale(mapping(stale)) for stale in array(value.get("stale") or [])),
        interrupted=_optional(value.get("interrupted")),
        complete=bool(value.get("complete", True)),
    )


def _case(value: dict[str, Json]) -> CaseRecord:
    location = mapping(value["location"])
    expected = value.get("expected")
    result = CaseResult(
        id=str(value["id"]),
        target=str(value["target"]),
        ip=_ip(value["ip"]),
        title=str(value["title"]),
        location=Location(str(location["file"]), whole_number(location["line"])),
        requirements=_texts(value["requirements"]),
        verdict=Verdict(str(value["verdict"])),
        as_expected=bool(value["as_expected"]),
        expected=Verdict(str(expected)) if expected is not None else None,
        reason=str(value.get("reason", "")),
        nature=str(value.get("nature", "")),
        judged={name: Verdict(str(v)) for name, v in mapping(value["judged"]).items()},
        message=str(value["message"]),
        diff=tuple(
            FieldDiff(str(row["field"]), str(row["got"]), str(row["want"]))
            for row in map(mapping, array(value.get("diff") or []))
        ),
        frames=_texts(value.get("frames") or []),
        measured={
            name: number if isinstance(number, int | float) else str(number)
            for name, number in mapping(value["measured"]).items()
        },
        wall_s=_real(value["wall_s"]),
        stack_s=_real(value["stack_s"]),
        lag_s=_real(value["lag_s"]),
        stderr=str(value.get("stderr", "")),
    )
    return CaseRecord(
        result,
        _optional(value["trace"]),
        _optional(value.get("capture")),
        tuple(_alarm(mapping(alarm)) for alarm in array(value.get("alarms") or [])),
    )


def _alarm(value: dict[str, Json]) -> Alarm:
    return Alarm(
        event=whole_number(value["event"]),
        requirement=str(value["requirement"]),
        why=str(value["why"]),
        allowed=str(value["allowed"]),
        ruled_out=_texts(value["ruled_out"]),
        level=Level(str(value["level"])),
        as_expected=bool(value["as_expected"]),
    )


def _target(value: dict[str, Json]) -> TargetInfo:
    return TargetInfo(
        name=str(value["name"]),
        title=str(value.get("title", "")),
        version=str(value["version"]),
        clock=str(value["clock"]),
        capabilities=_texts(value["capabilities"]),
        named=_texts(value.get("named") or []),
    )


def _stale(value: dict[str, Json]) -> StaleExpectation:
    return StaleExpectation(
        target=str(value["target"]),
        case=str(value["case"]),
        file=str(value["file"]),
        line=whole_number(value["line"]),
        why=str(value["why"]),
    )


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in array(value))


def _real(value: Json) -> float:
    # math.isfinite() raises for a whole number that no float holds.
    if not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        msg = f"wanted a finite number, got {value!r:.60}"
        raise TypeError(msg)
    return float(value)


def _optional(value: Json) -> str | None:
    return None if value is None else str(value)


def _ip(value: Json) -> Literal[4, 6]:
    if value not in (4, 6):
        msg = f"ip is 4 or 6, got {value!r:.60}"
        raise ValueError(msg)
    return cast("Literal[4, 6]", value)
