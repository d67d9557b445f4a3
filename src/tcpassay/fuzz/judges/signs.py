"""What judges beside a case see of the stack as a whole, before it is known which case did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.verdict import Level
from tcpassay.fuzz.alarms import Alarm, Key

if TYPE_CHECKING:
    from tcpassay.fuzz.alarms import JudgeName

#: What stands in a key for the whole of a case: no single input is known to have done it.
WHOLE_CASE = "a case"


class Sign(NamedTuple):
    """`answer` is the coarse word of the key, `why` tells it whole."""

    judge: JudgeName
    requirement: str
    answer: str
    why: str
    allowed: str

    def alarm(self, event: int) -> Alarm:
        """The alarm of the case that did it."""
        key = Key(self.requirement, "any", WHOLE_CASE, self.answer)
        return Alarm(self.judge, key, self.why, self.allowed, event, Level.ROBUSTNESS)
