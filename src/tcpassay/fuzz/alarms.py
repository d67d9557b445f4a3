"""What a judge has to say of a case: an alarm, and the key by which alarms are one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tcpassay.core.verdict import Level

#: Who speaks: the oracle; the text itself; connections opened to see whether the stack lives; what
#: is left at the end; too many answers; no answer in time; the stack's end; a sanitizer's report.
JudgeName = Literal[
    "oracle", "integrity", "liveness", "leak", "storm", "hang", "crash", "sanitizer"
]


class Key(NamedTuple):
    """What makes two alarms the same finding.

    `state` is the model's, `input` what arrived or was called there, `answer` what came of it,
    each in coarse words ("ESTABLISHED", "RST seq=in-window", "none").
    """

    requirement: str
    state: str
    input: str
    answer: str

    def __str__(self) -> str:
        return f"{self.requirement}: {self.state}, {self.input} -> {self.answer}"


class Alarm(NamedTuple):
    """One thing that is wrong.

    `event` counts the case's own entries from 0. `explained` is the entry of the expectations that
    covers it, by its glob; empty where none does.
    """

    judge: JudgeName
    key: Key
    why: str
    allowed: str
    event: int
    level: Level
    explained: str = ""

    def __str__(self) -> str:
        right = f"; allowed: {self.allowed}" if self.allowed else ""
        return f"{self.why}{right} ({self.key.requirement}, {self.level})"
