"""A case that shows a finding made as small and as plain as it can be.

First the steps: a case without the end that it does not need, then without all that it can do
without. Then the fields: each at its usual value unless the finding hangs on it, and numbers
nearer to the usual ones. The same case and the same answers give the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.fuzz.cases.steps import Do, Listen, Raw, Send
from tcpassay.fuzz.finding.shrinking import fewest, least, shortest_beginning
from tcpassay.fuzz.finding.simpler import (
    NUMBERS,
    closed_up,
    folded,
    plainly,
    put,
    renumbered,
    rounder,
    shorter_octets,
    unusual,
)
from tcpassay.wire import ACK, SYN

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import FuzzCase, Step
    from tcpassay.fuzz.finding.simpler import Edit

#: Whether a case still shows what it is about. Costs a fresh stack.
Shows = Callable[["FuzzCase"], bool]

#: Stacks that making one case small may cost, unless somebody is told to take their time.
BUDGET: Final = 80


_OPENING = frozenset({"socket", "bind", "listen", "accept", "accept4", "connect"})


class Minimised(NamedTuple):
    """`case` shows the finding as the first one did, at the cost of `executions`.

    `spent` says that the budget ended it, so that it may still have more than it needs.
    """

    case: FuzzCase
    executions: int
    spent: bool


def minimise(case: FuzzCase, shows: Shows, budget: int = BUDGET) -> Minimised:
    """The smallest case found that `shows` holds of. `case` itself is taken to show it.

    Unless `spent`, no single step of the result can be left out. Raises what `shows` raises.
    """
    work = _Work(shows, budget)
    case = _fewer_steps(case, work)
    case = _plainer(case, work)
    case = _rounder(case, work)
    case = least([renumbered(case)], work.shows) or case
    if len(case.steps) > 1:
        case = _one_by_one(case, work)
    return Minimised(case, work.executions, work.spent)


def beyond_access(case: FuzzCase) -> int:
    """How many steps there are besides those that open connections.

    These are the calls that make listeners and connections, whole SYNs, and each connection's
    first ACK without anything else.
    """
    opened: set[int] = set()
    count = 0
    for step in case.steps:
        match step:
            case Listen():
                continue
            case Do(call=call) if call in _OPENING:
                continue
            case Send(conn=conn, flags=flags, data=0, flaws=()) if flags in (SYN, SYN | ACK):
                continue
            case Send(conn=conn, flags=flags, data=0, flaws=()) if flags == ACK:
                if conn not in opened:
                    opened.add(conn)
                    continue
            case _:
                pass
        count += 1
    return count


class _Work:
    """Asks whether cases show the finding, each once, until the budget is spent."""

    def __init__(self, shows: Shows, budget: int) -> None:
        self._shows = shows
        self._budget = budget
        self._known: dict[tuple[object, ...], bool] = {}
        self.executions = 0
        self.spent = False

    def shows(self, case: FuzzCase) -> bool:
        if not case.steps:
            return False
        asked = case.steps, case.ip, case.settings, case.iss
        known = self._known.get(asked)
        if known is not None:
            return known
        if self.executions >= self._budget:
            self.spent = True
            return False
        self.executions += 1
        shown = self._known[asked] = self._shows(case)
        return shown


def _fewer_steps(case: FuzzCase, work: _Work) -> FuzzCase:
    def holds(steps: tuple[Step, ...]) -> bool:
        return work.shows(case._replace(steps=steps))

    steps = folded(case.steps)
    if steps != case.steps and not holds(steps):
        steps = case.steps
    steps = shortest_beginning(steps, holds)
    steps = _fewer_connections(steps, holds)
    return case._replace(steps=fewest(steps, holds))


def _fewer_connections(
    steps: tuple[Step, ...], holds: Callable[[tuple[Step, ...]], bool]
) -> tuple[Step, ...]:
    """Without the segments of whole connections, where there is more than one."""
    numbers = sorted({step.conn for step in steps if isinstance(step, Send)})
    if len(numbers) < 2:
        return steps
    for number in numbers:
        rest = tuple(s for s in steps if not (isinstance(s, Send) and s.conn == number))
        if holds(rest):
            steps = rest
    return steps


def _plainer(case: FuzzCase, work: _Work) -> FuzzCase:
    """With as few unusual fields as the finding needs."""
    every = unusual(case)
    if not every:
        return case

    def usual_but(kept: tuple[Edit, ...]) -> FuzzCase:
        left = set(kept)
        return plainly(case, [edit for edit in every if edit not in left])

    return usual_but(fewest(every, lambda kept: work.shows(usual_but(kept))))


def _rounder(case: FuzzCase, work: _Work) -> FuzzCase:
    for place, step in enumerate(case.steps):
        if isinstance(step, Raw):
            tries = [put(case, place, shorter) for shorter in shorter_octets(step)]
            case = least(tries, work.shows) or case
            continue
        for name in NUMBERS:
            case = least(rounder(case, place, name), work.shows) or case
    return case


def _one_by_one(case: FuzzCase, work: _Work) -> FuzzCase:
    """Without each step that can go alone, and with the numbers behind it closed up, until none."""
    place = len(case.steps) - 1
    while place >= 0 and len(case.steps) > 1:
        steps = case.steps
        tries = [steps[:place] + steps[place + 1 :], closed_up(steps, place)]
        smaller = least([case._replace(steps=made) for made in tries], work.shows)
        if smaller is None:
            place -= 1
        else:
            case, place = smaller, len(smaller.steps) - 1
    return case
