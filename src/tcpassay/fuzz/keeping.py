"""Findings of a campaign: what alarms become when their case does it again alone."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping
from tcpassay.fuzz.alarms import Key
from tcpassay.fuzz.alone import try_alone
from tcpassay.fuzz.casejson import case_to_json
from tcpassay.fuzz.happenings import Again, Found
from tcpassay.fuzz.store import FINDINGS_FOLDER
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.stay import Ran
    from tcpassay.fuzz.store import Store
    from tcpassay.targets.contract import Target


class Keeper:
    """Keeps the findings of one worker; keys that others have found are told by `know`."""

    def __init__(self, target: Target, judge: Judge, store: Store, seed: int) -> None:
        self._target = target
        self._judge = judge
        self._store = store
        self._seed = seed
        self._known: set[Key] = set()
        self._dropped = 0
        self._again: Counter[Key] = Counter()

    def know(self, keys: Iterable[Key]) -> None:
        """Keys that are found already."""
        self._known.update(keys)

    def consider(self, ran: Ran, alarm: Alarm) -> Found | None:
        """What an alarm comes to: None where its key is known, or where it does not come again."""
        if alarm.key in self._known:
            self._again[alarm.key] += 1
            return None
        trial = try_alone(self._target, self._judge, ran.case, self._seed)
        if all(each.key != alarm.key for each in trial.alarms):
            self._dropped += 1
            return None
        self._known.add(alarm.key)
        return self._keep(ran, alarm, trial.trace)

    def again(self, stay: int) -> Again | None:
        """What has come again since the last time, as it is kept; None for nothing."""
        if not self._again and not self._dropped:
            return None
        again = Again(stay, tuple(self._again.items()), self._dropped)
        self._again.clear()
        self._dropped = 0
        self._store.add("findings", {"again": again_json(again)})
        return again

    def _keep(self, ran: Ran, alarm: Alarm, trace: Trace) -> Found:
        name = f"{FINDINGS_FOLDER}/{finding_name(alarm.key)}.json"
        info = {
            "verdict": "fail",
            "requirements": [alarm.key.requirement],
            "message": alarm.why,
            "fuzz": {"case": case_to_json(ran.case), "key": list(alarm.key), "number": ran.number},
        }
        self._store.write(name, tracefile.dumps(trace, info))
        found = Found(
            key=alarm.key,
            judge=alarm.judge,
            why=alarm.why,
            allowed=alarm.allowed,
            level=alarm.level.value,
            case=ran.number,
            origin=ran.case.origin,
            steps=len(ran.case.steps),
            text=(),
            trace=name,
            explained=alarm.explained,
        )
        self._store.add("findings", {"found": found_json(found)}, sync=True)
        return found


def finding_name(key: Key) -> str:
    """A file name for a key: its requirement, and what tells it from others of that."""
    digest = hashlib.blake2s("\0".join(key).encode(), digest_size=4).hexdigest()
    plain = "".join(c if c.isalnum() or c in ".-" else "_" for c in key.requirement)
    return f"{plain}-{digest}"


def found_json(found: Found) -> dict[str, Json]:
    """A finding as a value that JSON holds."""
    return {
        **found._asdict(),
        "key": list(found.key),
        "text": list(found.text),
    }


def found_from_json(value: Json) -> Found:
    """The finding that `found_json` was given. Raises KeyError, TypeError, ValueError."""
    form = dict(mapping(value))
    key = Key(*(str(part) for part in array(form.pop("key"))))
    text = tuple(str(line) for line in array(form.pop("text")))
    return Found(key=key, text=text, **form)  # type: ignore[arg-type]


def again_json(again: Again) -> dict[str, Json]:
    """What came again as a value that JSON holds."""
    keys: list[Json] = [[*key, count] for key, count in again.keys]
    return {"stay": again.stay, "keys": keys, "dropped": again.dropped}


def again_from_json(value: Json) -> Again:
    """What `again_json` was given. Raises KeyError, TypeError, ValueError."""
    form = mapping(value)
    keys = []
    for item in array(form["keys"]):
        *key, count = array(item)
        keys.append((Key(*(str(part) for part in key)), int(str(count))))
    return Again(int(str(form["stay"])), tuple(keys), int(str(form["dropped"])))


def kept(lines: Iterable[Json], path: object) -> tuple[list[Found], list[Again]]:
    """The lines of findings.jsonl. A key found twice (by two workers at once) counts once.

    Raises ConfigurationError that names the file and the line.
    """
    found: dict[Key, Found] = {}
    again: list[Again] = []
    for number, line in enumerate(lines, 1):
        try:
            form = mapping(line)
            if "found" in form:
                finding = found_from_json(form["found"])
                found.setdefault(finding.key, finding)
            else:
                again.append(again_from_json(form["again"]))
        except (KeyError, TypeError, ValueError) as error:
            msg = f"{path}:{number}: not a finding ({type(error).__name__}: {error})"
            raise ConfigurationError(msg) from None
    return list(found.values()), again
