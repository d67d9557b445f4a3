"""What the player has met by itself: a stack that dies, hangs, prints a report, or never rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import StackFault
from tcpassay.core.verdict import Level
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.fuzz.judges.signs import WHOLE_CASE
from tcpassay.fuzz.judges.wreck import place_of, plain
from tcpassay.fuzz.robustness import NO_STORM, SURVIVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.alarms import JudgeName
    from tcpassay.fuzz.playing.player import Played

#: Words of a fault's message, and who speaks then.
_KINDS: tuple[tuple[str, JudgeName], ...] = (
    ("Sanitizer", "sanitizer"),
    ("runtime error", "sanitizer"),
    ("was not idle", "hang"),
    ("without being idle", "storm"),
    ("stays at", "hang"),
)
#: What the oracle says of an answer that is due.
NO_ANSWER = "the answer due has not come"
#: What of a message tells one fault from another: addresses and numbers differ each time.
_LONGEST = 160


def fault_alarms(played: Played, entries: Sequence[Entry]) -> list[Alarm]:
    """The alarms of a case in which the stack has ended or would not rest.

    A fault of the agent's own is no alarm: the caller raises it.
    """
    alarms = []
    if isinstance(played.fault, StackFault):
        message = str(played.fault)
        judge: JudgeName = next((name for words, name in _KINDS if words in message), "crash")
        requirement = NO_STORM if judge == "storm" else SURVIVES
        where = place_of(played.fault)
        answer = f"{judge}: {where}" if where else str(judge)
        why = plain(message)[:_LONGEST]
        if where not in why:
            why = f"{why}: {where}"
        alarms.append(_alarm(judge, requirement, why, entries, answer))
    if played.storm:
        why = f"{played.storm} events in one step of waiting, and no end"
        alarms.append(_alarm("storm", NO_STORM, why, entries, "storm"))
    return alarms


def without_answers(alarms: list[Alarm], played: Played) -> list[Alarm]:
    """Alarms of the oracle without the answers that a stack owed when it ended."""
    if played.fault is None:
        return alarms
    return [alarm for alarm in alarms if alarm.why != NO_ANSWER]


def _alarm(
    judge: JudgeName, requirement: str, why: str, entries: Sequence[Entry], answer: str
) -> Alarm:
    at = next((at for at in range(len(entries) - 1, -1, -1) if entries[at].kind in STIMULI), 0)
    what = input_class(entries[at], None) if entries else "start"
    if answer != judge:
        # Where it broke is what tells one fault from another; many inputs may lead there.
        what = WHOLE_CASE
    came = answer if judge != "storm" or answer != judge else answer_class(entries, at)
    key = Key(requirement, "any", what, came)
    return Alarm(judge, key, why, "the stack lives on", max(0, len(entries) - 1), Level.ROBUSTNESS)
