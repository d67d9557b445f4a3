"""Baselines: what every case gave on a target, a line a case, without anything that a clock tells.

{"baseline": 1,
"target": {"name": ..., "title": ..., "version": ..., "clock": ..., "capabilities": [...]},
"cases": {
"rfc9293/3.6/half_close": {"pass": ["RFC9293:MUST-12"]},
"timewait/wait/lasts_two_msl/listen": {"pass": ["DOC-42"], "measured": {"TIME-WAIT in s": 240.0}},
"sockets/shutdown/receiving_ends": {"verdict": "info", "pass": ["POSIX:SHUTDOWN-RD"]}
}}

A verdict's key holds the requirements that got it: under unsupported, inconclusive and error those
that were not judged. `verdict` is the case's own, where it is not the only one there.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NoReturn

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping
from tcpassay.core.verdict import Verdict
from tcpassay.reports.outcomes import (
    NOTHING_JUDGED,
    RANK,
    Outcome,
    TargetOutcomes,
    key_parts,
    outcomes_of,
)
from tcpassay.reports.read import read_record

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.core.json_values import Json

VERSION = 1
#: A baseline says so in its first characters; other files need not be read whole to know.
_MARK, _HEAD = '"baseline"', 200


def baseline_file(target: str) -> Path:
    """Where the baseline of one of the project's own targets lies."""
    return content_root() / "reports" / "baselines" / f"{target}.json"


def baseline_text(target: TargetOutcomes) -> str:
    """The file of one target: the same octets for the same outcomes.

    Two digits are kept of a duration that a real clock gave: the others differ each time.
    """
    head = {
        "name": target.name,
        "title": target.title,
        "version": target.version,
        "clock": target.clock,
        "capabilities": list(target.capabilities),
    }
    lines = [
        f"{_json(key)}: {_json(_case_json(outcome, real=target.clock == 'real'))}"
        for key, outcome in sorted(target.cases.items())
    ]
    cases = ",\n".join(lines)
    return f'{{"baseline": {VERSION},\n"target": {_json(head)},\n"cases": {{\n{cases}\n}}}}\n'


def read_outcomes(path: Path) -> list[TargetOutcomes]:
    """The outcomes in a baseline, a run record or a bundle.

    Raises ConfigurationError for a file that is none.
    """
    found = baseline_in(path)
    return outcomes_of(read_record(path)) if found is None else [found]


def baseline_in(path: Path) -> TargetOutcomes | None:
    """The baseline in a file; None where that is something else, readable or not.

    Raises ConfigurationError for a baseline that makes no sense.
    """
    try:
        with path.open(encoding="utf-8") as file:
            head = file.read(_HEAD)
            value = json.loads(head + file.read()) if _MARK in head else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "baseline" not in value:
        return None
    if value["baseline"] != VERSION:
        _refuse(path, f"its version is {value['baseline']!r:.40}")
    try:
        return _from_object(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _refuse(path, f"{type(error).__name__}: {error}")


def _refuse(path: Path, why: str) -> NoReturn:
    raise ConfigurationError(
        f"{path}: not a baseline of version {VERSION} ({why}); `make baselines` writes them anew"
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _case_json(outcome: Outcome, *, real: bool) -> dict[str, Json]:
    groups: dict[str, list[Json]] = {}
    for name, verdict in outcome.verdicts():
        groups.setdefault(verdict.value, []).append(name)
    written: dict[str, Json] = {}
    if list(groups) != [outcome.verdict.value]:
        written["verdict"] = outcome.verdict.value
    written |= {key: [*groups[key]] for key in sorted(groups)}
    if outcome.measured:
        written["measured"] = {
            name: _plain(value, real=real) for name, value in outcome.measured.items()
        }
    return written


def _plain(value: float | str, *, real: bool) -> float | int | str:
    """JSON has no infinity: a number that is not finite is written as text."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return str(value)
    return float(f"{value:.2g}") if real else value


def _from_object(value: dict[str, Json]) -> TargetOutcomes:
    target = mapping(value["target"])
    cases = mapping(value["cases"])
    name = str(target["name"])
    return TargetOutcomes(
        label=name,
        name=name,
        title=str(target["title"]),
        version=str(target["version"]),
        clock=str(target["clock"]),
        capabilities=tuple(str(word) for word in array(target["capabilities"])),
        cases={key: _outcome(key, mapping(case)) for key, case in cases.items()},
    )


def _outcome(key: str, value: dict[str, Json]) -> Outcome:
    case_id, ip = key_parts(key)
    groups = {
        Verdict(word): tuple(str(name) for name in array(names))
        for word, names in value.items()
        if word not in ("verdict", "measured")
    }
    judged = {
        name: verdict
        for verdict, names in groups.items()
        if verdict not in NOTHING_JUDGED
        for name in names
    }
    own = value.get("verdict")
    return Outcome(
        id=case_id,
        ip=ip,
        verdict=Verdict(str(own)) if own is not None else max(groups, key=RANK.__getitem__),
        requirements=tuple(name for names in groups.values() for name in names),
        judged=judged,
        measured={
            name: number if isinstance(number, int | float) else str(number)
            for name, number in mapping(value.get("measured") or {}).items()
        },
    )
