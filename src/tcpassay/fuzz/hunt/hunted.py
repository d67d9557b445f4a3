"""`reports/baselines/fuzz_kills.json`: what hunting each mutant has brought, as `make fuzz-mutants`
found it.

{"fuzz_kills": 1,
 "mutants": {"mss_not_announced": {"source": "90d0...", "number": 0, "seconds": 0.01, ...,
                                   "case": {...}}}}

`source` is a hash of the mutant's text, `number` that of the case of the campaign that found it,
`case` the smallest that shows it. What is not there has its reason in
`targets/mutants/out_of_reach.toml`.
"""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping, whole_number
from tcpassay.fuzz.alarms import Key
from tcpassay.fuzz.cases.casejson import case_from_json, case_to_json
from tcpassay.fuzz.cases.steps import Do, Listen, Send
from tcpassay.targets.mutants import mutants_folder
from tcpassay.wire import ACK, SYN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tcpassay.core.json_values import Json
    from tcpassay.fuzz.alarms import Alarm, JudgeName
    from tcpassay.fuzz.cases.steps import FuzzCase, Step
    from tcpassay.targets.mutants import Mutant

VERSION: Final = 1
#: Calls that open a connection, or give the application its descriptor.
_OPENING: Final = frozenset({"socket", "bind", "listen", "connect", "accept4"})


class Hunted(NamedTuple):
    """One mutant found: whose text has the hash `source`.

    `seconds` are of processor time, with every case of the campaign before it. `names` are the
    requirements told of it; `key` and `why` are the alarm's.
    """

    source: str
    number: int
    seconds: float
    judge: JudgeName
    key: Key
    why: str
    names: tuple[str, ...]
    case: FuzzCase

    @property
    def beyond(self) -> int:
        """Steps of the case that are not of the way into an open connection."""
        return sum(not _of_the_way(step) for step in self.case.steps)

    def shown_by(self, alarm: Alarm) -> bool:
        """Whether an alarm is this finding."""
        return alarm.judge == self.judge and alarm.key.requirement == self.key.requirement


def _of_the_way(step: Step) -> bool:
    match step:
        case Listen():
            return True
        case Do(call=call):
            return call in _OPENING
        case Send(flags=flags, data=0, options=(), flaws=()):
            return (flags & ~ACK == SYN and not step.seq) or (
                flags == ACK and step.seq == 1 and step.ack == 1
            )
        case _:
            return False


class Reason(NamedTuple):
    """Why some mutants are not found: globs over their names and the requirements they break, but
    for those named in `but`.
    """

    mutants: tuple[str, ...]
    requirements: tuple[str, ...]
    why: str
    but: tuple[str, ...] = ()

    def covers(self, mutant: Mutant) -> bool:
        """Whether it speaks of a mutant."""
        if mutant.name in self.but:
            return False
        return any(fnmatchcase(mutant.name, glob) for glob in self.mutants) or any(
            fnmatchcase(mutant.requirement, glob) for glob in self.requirements
        )


def hunted_file() -> Path:
    """Where the project's own table is kept."""
    return content_root() / "reports" / "baselines" / "fuzz_kills.json"


def reasons_file() -> Path:
    """Where it says why the others are not found."""
    return mutants_folder() / "out_of_reach.toml"


def reasons(path: Path | None = None) -> tuple[Reason, ...]:
    """Why mutants are not found. Raises OSError, KeyError and tomllib.TOMLDecodeError."""
    form = tomllib.loads((path or reasons_file()).read_text(encoding="utf-8"))
    return tuple(
        Reason(
            tuple(row.get("mutants", ())),
            tuple(row.get("requirements", ())),
            row["why"],
            tuple(row.get("but", ())),
        )
        for row in form["reason"]
    )


def wrong_reasons(
    table: Mapping[str, Hunted], mutants: Iterable[Mutant], given: Iterable[Reason]
) -> list[str]:
    """What does not fit: mutants neither found nor excused, and excuses for those found."""
    told = tuple(given)
    wrong = []
    for mutant in mutants:
        whys = [reason.why for reason in told if reason.covers(mutant)]
        if mutant.name in table:
            wrong += [f"{mutant.name} is found, and there is a reason not: {why}" for why in whys]
        elif not whys:
            wrong.append(f"{mutant.name} is not found, and nothing says why")
    return wrong


# -- as JSON ---------------------------------------------------------------------------------------


def write_hunted(table: Mapping[str, Hunted], path: Path | None = None) -> Path:
    """Write the table, the same octets for the same table; where it was written."""
    file = path or hunted_file()
    rows = [
        f"{json.dumps(name)}: {json.dumps(_json(each))}" for name, each in sorted(table.items())
    ]
    text = ",\n".join(rows)
    file.write_text(f'{{"fuzz_kills": {VERSION}, "mutants": {{\n{text}\n}}}}\n', encoding="utf-8")
    return file


def load_hunted(path: Path | None = None) -> dict[str, Hunted]:
    """The table of a file; an empty one where there is no file.

    Raises ConfigurationError for a file that is no such table.
    """
    file = path or hunted_file()
    if not file.is_file():
        return {}
    try:
        value = mapping(json.loads(file.read_text(encoding="utf-8")))
        if value["fuzz_kills"] != VERSION:
            msg = f"its version is {value['fuzz_kills']!r:.40}"
            raise ValueError(msg)
        return {name: _hunted(mapping(row)) for name, row in mapping(value["mutants"]).items()}
    except (OSError, KeyError, TypeError, ValueError) as error:
        msg = f"{file}: not a table of hunted mutants of version {VERSION} ({error})"
        raise ConfigurationError(msg) from None


def _json(hunted: Hunted) -> dict[str, Json]:
    return {
        "source": hunted.source,
        "number": hunted.number,
        "seconds": round(hunted.seconds, 2),
        "judge": hunted.judge,
        "key": list(hunted.key),
        "why": hunted.why,
        "names": list(hunted.names),
        "steps": len(hunted.case.steps),
        "beyond": hunted.beyond,
        "case": case_to_json(hunted.case),
    }


def _hunted(row: Mapping[str, Json]) -> Hunted:
    return Hunted(
        str(row["source"]),
        whole_number(row["number"]),
        float(str(row["seconds"])),
        cast("JudgeName", str(row["judge"])),
        Key(*(str(word) for word in array(row["key"]))),
        str(row["why"]),
        tuple(str(name) for name in array(row["names"])),
        case_from_json(row["case"]),
    )
