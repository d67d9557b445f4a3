"""Two targets, one case: where their answers differ, with the oracle's word on each.

A difference is a hint and no alarm: most are choices that the RFCs leave open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources import STAY
from tcpassay.model.oracle.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.targets.contract import Target

#: Clauses of the oracle that are named of an answer in order.
_CLAUSES = 2
_STEPS = ":3.10"


class Moment(NamedTuple):
    """One step: what it is, what came of it, and the entries of it, `at` to `end` (exclusive)."""

    name: str
    input: str
    answer: str
    at: int
    end: int


class Hint(NamedTuple):
    """A step at which two targets differ; `said` has the oracle's word on the one and the other."""

    step: int
    input: str
    answers: tuple[str, str]
    targets: tuple[str, str]
    said: tuple[str, str]

    @property
    def key(self) -> tuple[str, tuple[str, str]]:
        """What makes two hints the same."""
        return self.input, self.answers

    def __str__(self) -> str:
        (one, other), (this, that) = self.targets, self.answers
        told = "; ".join(
            f"{name} {word}" for name, word in zip(self.targets, self.said, strict=True)
        )
        return (
            f"step {self.step}, {self.input}: {one} answers {this}, {other} answers {that}; "
            f"the oracle: {told}"
        )


class Differential:
    """Plays the cases of one target on another as well, in stays of its own.

    Alarms of the other target are part of hints and go nowhere else.
    """

    def __init__(self, name: str, judge: Judge, other: Target, others: Judge, seed: int) -> None:
        self._names = name, other.manifest.name
        self._judge, self._others = judge, others
        self._stay = Stay(other, others, seed)
        self._played = 0

    def compare(self, ran: Ran) -> list[Hint]:
        """Where the other target answers in another way. Raises what `Stay.run` raises."""
        (second,) = self._stay.run([(ran.number, ran.case)])
        self._played += 1
        if self._played % STAY == 0:
            self._stay.close()
        pairs = zip(moments(ran.entries), moments(second.entries), strict=False)
        hints = []
        for step, (one, other) in enumerate(pairs):
            if one.name != other.name:
                break
            if one.answer != other.answer:
                said = (
                    _word(self._judge, ran, one),
                    _word(self._others, second, other),
                )
                answers = one.answer, other.answer
                hints.append(Hint(step, one.input, answers, self._names, said))
        return hints

    def close(self) -> None:
        """Let the other target's stack go; the target is the caller's."""
        self._stay.close()


def moments(entries: Sequence[Entry]) -> list[Moment]:
    """The steps of a case in order; one wait is one, however often something happened in it."""
    starts: list[int] = []
    for at, entry in enumerate(entries):
        waits = entry.kind == "advance" and starts and entries[starts[-1]].kind == "advance"
        if entry.kind in STIMULI and not waits:
            starts.append(at)
    ends = [*starts[1:], len(entries)]
    return [_moment(entries, at, end) for at, end in zip(starts, ends, strict=False)]


def _moment(entries: Sequence[Entry], at: int, end: int) -> Moment:
    within = entries[at:end]
    what = input_class(within[0], None)
    # What comes of a wait in pieces is one answer.
    rest = [entry for entry in within[1:] if entry.kind != "advance"]
    name = what if within[0].kind == "call" else within[0].kind
    return Moment(name, what, answer_class([within[0], *rest], 0), at, end)


def _word(judge: Judge, ran: Ran, moment: Moment) -> str:
    """What the oracle says of an answer: what it breaks, else what it was held against."""
    alarms: list[Alarm] = [
        alarm for alarm in judge.alarms(ran.trace, ran.entries) if _falls_into(alarm, moment)
    ]
    if alarms:
        return f"violates {alarms[0].key.requirement} ({alarms[0].why})"
    oracle = Oracle(ran.trace.stack_addresses, judge.limits(ran.trace.settings))
    before: dict[str, int] = {}
    for at, entry in enumerate(ran.entries[: moment.end]):
        if at == moment.at:
            before = dict(oracle.report.judged)
        oracle.take(entry)
    judged = oracle.report.judged
    clauses = [name for name, times in judged.items() if times > before.get(name, 0)]
    if not clauses:
        return "may do so"
    # What every segment is held against tells little: the steps of 3.10 come first.
    clauses.sort(key=lambda name: _STEPS not in name)
    return f"right by {', '.join(clauses[:_CLAUSES])}"


def _falls_into(alarm: Alarm, moment: Moment) -> bool:
    return moment.at <= alarm.event < moment.end
