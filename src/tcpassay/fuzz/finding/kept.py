"""Findings, and the trace file that keeps each: `info["fuzz"]` holds what a replay needs."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple, cast

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.core.verdict import Level, verdict_when_not_met
from tcpassay.core.whole import write_whole
from tcpassay.fuzz.alarms import Alarm, JudgeName, Key
from tcpassay.fuzz.cases.casejson import case_from_json, case_to_json
from tcpassay.wire.tracefile import dumps

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.wire.tracefile import TraceFile

#: Of what `info["fuzz"]` holds. Another version is refused.
FINDING_SCHEMA = 1

_UNUSUAL = re.compile(r"[^A-Za-z0-9.-]+")


class Finding(NamedTuple):
    """A fault that stays when its case is played alone.

    `alarm` is what the judge says of `minimal`; `key` is that of `case`, the one that was found as
    number `number` of a campaign with `seed`. `executions` is how many stacks it took to make it
    small, `spent` that more might have been left out. `times` counts the cases that gave it.
    `names` are the requirements that it may be about, the likeliest first; empty where nobody has
    looked. `cases` are those of the suite that find the first one unmet.
    """

    target: str
    version: str
    key: Key
    alarm: Alarm
    case: FuzzCase
    number: int
    seed: int
    minimal: FuzzCase
    executions: int = 0
    spent: bool = False
    times: int = 1
    names: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    @property
    def requirement(self) -> str:
        """What it is about, as far as its smallest case tells; else what the judge has named."""
        return self.names[0] if self.names else self.alarm.key.requirement

    @property
    def others(self) -> tuple[str, ...]:
        """What else it may be about, the likeliest first."""
        return self.names[1:]

    @property
    def explained(self) -> str:
        """The entry of the expectations that covers it, by its glob; empty where none does."""
        return self.alarm.explained

    @property
    def name(self) -> str:
        """What its file is called, without suffix: one name a key."""
        words = f"{self.key.requirement}-{self.key.state}"
        digest = hashlib.blake2s("\0".join(self.key).encode(), digest_size=4).hexdigest()
        return f"{_UNUSUAL.sub('-', words)[:80]}-{digest}"

    def to_json(self) -> dict[str, Json]:
        """All of it as values that JSON holds."""
        alarm = self.alarm
        return {
            "schema": FINDING_SCHEMA,
            "target": self.target,
            "version": self.version,
            "key": _key_json(self.key),
            "judge": alarm.judge,
            "why": alarm.why,
            "allowed": alarm.allowed,
            "level": str(alarm.level),
            "names": list(self.names),
            "cases": list(self.cases),
            "explained": alarm.explained,
            "event": alarm.event,
            "shown": _key_json(alarm.key),
            "seed": self.seed,
            "number": self.number,
            "times": self.times,
            "executions": self.executions,
            "spent": self.spent,
            "case": case_to_json(self.minimal),
            "found": case_to_json(self.case),
        }


def finding_from_json(value: Json) -> Finding:
    """The finding that `Finding.to_json` was called on. Raises ValueError."""
    try:
        form = mapping(value)
        if form["schema"] != FINDING_SCHEMA:
            msg = f"a finding of schema {form['schema']!r}; this tcpassay reads {FINDING_SCHEMA}"
            raise ValueError(msg)
        alarm = Alarm(
            cast("JudgeName", str(form["judge"])),
            _key(form["shown"]),
            str(form["why"]),
            str(form["allowed"]),
            whole_number(form["event"]),
            Level(str(form["level"])),
            str(form["explained"]),
        )
        return Finding(
            str(form["target"]),
            str(form["version"]),
            _key(form["key"]),
            alarm,
            _case(form["found"]),
            whole_number(form["number"]),
            whole_number(form["seed"]),
            _case(form["case"]),
            whole_number(form["executions"]),
            bool(form["spent"]),
            whole_number(form["times"]),
            tuple(str(name) for name in array(form.get("names", []))),
            tuple(str(case) for case in array(form.get("cases", []))),
        )
    except KeyError as error:
        msg = f"{error.args[0]!r} is missing"
        raise ValueError(msg) from None
    except TypeError as error:
        raise ValueError(str(error)) from None


def finding_of(file: TraceFile, name: str) -> Finding:
    """The finding that a trace file keeps; `name` stands for the file in errors.

    Raises ConfigurationError: a trace of something else, or one that makes no sense.
    """
    kept = file.info.get("fuzz")
    if kept is None:
        msg = f"{name}: a trace of a case, not of a finding; wanted one that `tcpassay fuzz` kept"
        raise ConfigurationError(msg)
    try:
        return finding_from_json(cast("Json", kept))
    except ValueError as error:
        msg = f"{name}: the finding in this trace makes no sense: {error}; was the file changed?"
        raise ConfigurationError(msg) from None


def is_finding(file: TraceFile) -> bool:
    """Whether a trace file keeps a finding."""
    return "fuzz" in file.info


def write_finding(path: Path, finding: Finding, trace: Trace) -> None:
    """Keep a finding and the trace of its minimal case, whole or not at all, and on the disk.

    Raises TcpassayError where it cannot be written.
    """
    octets = dumps(trace, info_of(finding))

    def put(part: Path) -> None:
        part.write_bytes(octets)

    write_whole(path, put, lasting=True)


def info_of(finding: Finding) -> dict[str, object]:
    """What the head of a finding's trace file holds."""
    alarm = finding.alarm
    return {
        "verdict": str(verdict_when_not_met(alarm.level)),
        "requirements": [finding.requirement, *finding.others],
        "fuzz": finding.to_json(),
    }


def _key_json(key: Key) -> Json:
    return dict(key._asdict())


def _key(value: Json) -> Key:
    form = mapping(value)
    return Key(*(str(form[name]) for name in Key._fields))


def _case(value: Json) -> FuzzCase:
    return case_from_json(value)
