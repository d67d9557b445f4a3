"""Whether an alarm stays when its case is played alone, and what has to be before it if not."""

from __future__ import annotations

import gc
import re
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import AgentFault
from tcpassay.fuzz.cases.octets import version_of
from tcpassay.fuzz.cases.steps import PER_PORT, Do, FuzzCase, Listen, Send, Tell
from tcpassay.fuzz.finding.naming import named
from tcpassay.fuzz.finding.shrinking import fewest, shortest_beginning
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.wire import flow_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.core.events import Tagged
    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.finding.naming import Named
    from tcpassay.fuzz.finding.suite import Suite
    from tcpassay.fuzz.judging import Judge
    from tcpassay.fuzz.playing.alone import Trial
    from tcpassay.targets.contract import Target

#: Ports of its own that a case has for listeners: as many cases can be joined into one.
PORTS = 4
#: Times that a case has to show a finding where the clock is real.
TIMES_ON_A_REAL_CLOCK = 3

_TOLD_BY_PLACE = frozenset({"crash", "sanitizer"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def alike(alarm: Alarm, other: Alarm) -> bool:
    """Whether two alarms speak of one fault.

    The same judge says the same of the same requirement, but for numbers; the state and what
    arrived there may be others, so that a fault is shown where it is shown most simply. Crashes
    are told apart by where they happen: what is printed has paths of one machine in it.
    """
    if alarm.judge in _TOLD_BY_PLACE:
        return alarm.judge == other.judge and alarm.key.answer == other.key.answer
    return (
        alarm.key.requirement == other.key.requirement
        and alarm.judge == other.judge
        and bool(alarm.explained) == bool(other.explained)
        and _NUMBER.sub("#", alarm.why) == _NUMBER.sub("#", other.why)
    )


class Shown(NamedTuple):
    """A case alone that shows an alarm, the trace of it and the alarm as it is there."""

    case: FuzzCase
    trial: Trial
    alarm: Alarm


class Confirmer:
    """Plays cases alone on fresh stacks of one target. `stacks` counts them.

    `suite` helps to name what they show.
    """

    def __init__(self, target: Target, judge: Judge, seed: int, suite: Suite | None = None) -> None:
        self._suite = suite
        self._target = target
        self._judge = judge
        self._seed = seed
        virtual = target.manifest.clock == "virtual"
        self._times = 1 if virtual else TIMES_ON_A_REAL_CLOCK
        self.stacks = 0

    def once(self, case: FuzzCase, wanted: Alarm) -> Shown | None:
        """The case alone, once; None where it does not give the alarm.

        Raises AgentFault where the agent broke, and what starting a stack raises.
        """
        self.stacks += 1
        trial = try_alone(self._target, self._judge, case, self._seed)
        gc.collect(0)  # The stack: a finding is made small by hundreds of them.
        if isinstance(trial.fault, AgentFault):
            raise trial.fault
        found = [alarm for alarm in trial.alarms if alike(alarm, wanted)]
        same = [alarm for alarm in found if alarm.key == wanted.key]
        return Shown(case, trial, (same or found)[0]) if found else None

    def surely(self, case: FuzzCase, wanted: Alarm) -> Shown | None:
        """The case alone, on a real clock three times; None unless each gives the alarm."""
        shown = None
        for _ in range(self._times):
            shown = self.once(case, wanted)
            if shown is None:
                return None
        return shown

    def named(self, shown: Shown) -> Named:
        """What a case shows may be about, in the suite's word too."""
        limits = self._judge.limits(shown.case.settings)
        return named(shown.case, shown.trial.trace, shown.alarm, limits, self._suite)

    def alone(self, case: FuzzCase, entries: Sequence[Entry], wanted: Alarm) -> Shown | None:
        """The case alone: as it is, else with the peer's numbers where they started."""
        shown = self.surely(case, wanted)
        if shown is None and case.iss is None:
            iss = first_number(case, entries)
            if iss is not None:
                shown = self.surely(case._replace(iss=iss), wanted)
        return shown

    def behind(self, before: Sequence[FuzzCase], case: FuzzCase, wanted: Alarm) -> Shown | None:
        """The case behind as few of the cases before it as do, joined into one case."""
        like = [each for each in before if each.ip == case.ip and each.settings == case.settings]
        latest = tuple(reversed(like[-(PORTS - 1) :]))

        def shows(some: tuple[FuzzCase, ...]) -> bool:
            whole = joined((*reversed(some), case))
            return whole is not None and self.once(whole, wanted) is not None

        if not latest or not shows(latest):
            return None
        needed = fewest(shortest_beginning(latest, shows), shows)
        whole = joined((*reversed(needed), case))
        return None if whole is None else self.surely(whole, wanted)


def first_number(case: FuzzCase, entries: Iterable[Entry]) -> int | None:
    """Where the peer's numbers started, by its first segment on the wire."""
    first = next((step for step in case.steps if isinstance(step, Send)), None)
    if first is None or first.flaws:
        return None
    for entry in entries:
        data = entry.data
        if entry.kind == "send" and isinstance(data, bytes) and flow_of(data) is not None:
            start = 40 if version_of(data) == 6 else 20
            return (int.from_bytes(data[start + 4 : start + 8], "big") - first.seq) & 0xFFFFFFFF
    return None


# -- several cases as one -------------------------------------------------------------------------


def joined(cases: Sequence[FuzzCase]) -> FuzzCase | None:
    """Cases one after the other as one, each on ports of its own; None where they need too many.

    The descriptors of all but the last are closed before the next begins.
    """
    steps: list[Step] = []
    port = 0
    for place, case in enumerate(cases):
        ports = _ports(case)
        if port + ports > PORTS:
            return None
        moved = [_moved(step, port, place) for step in case.steps]
        steps += moved
        if place + 1 < len(cases):
            steps += _closing(moved)
        port += ports
    last = cases[-1]
    return last._replace(steps=tuple(steps))


def _ports(case: FuzzCase) -> int:
    """How many of the ports for listeners a case uses, counted from the first."""
    highest = 0
    for step in case.steps:
        match step:
            case Send(conn=conn) | Tell(conn=conn):
                highest = max(highest, conn // PER_PORT)
            case Listen(port=port):
                highest = max(highest, port)
            case Do(args=args):
                highest = max([highest, *(_port(value) for tag, value in args if tag == "address")])
            case _:
                pass
    return highest + 1


def _port(value: object) -> int:
    match value:
        case ("stack", int(port)):
            return port
        case ("peer", int(conn)):
            return conn // PER_PORT
        case _:
            return 0


def _moved(step: Step, port: int, place: int) -> Step:
    """A step on ports further up, its descriptors under names of their own."""
    match step:
        case Send() | Tell():
            return step._replace(conn=step.conn + port * PER_PORT)
        case Listen(gives, at, backlog):
            return Listen(_name(gives, place), at + port, backlog)
        case Do(call, on, gives, args):
            moved = tuple(_moved_argument(tag, value, port) for tag, value in args)
            return Do(call, _name(on, place), _name(gives, place), moved)
        case _:
            return step


def _name(slot: str, place: int) -> str:
    return f"{slot}.{place}" if slot else ""


def _moved_argument(tag: str, value: object, port: int) -> Tagged:
    match tag, value:
        case "address", ("stack", int(at)):
            return tag, ("stack", at + port)
        case "address", ("peer", int(conn)):
            return tag, ("peer", conn + port * PER_PORT)
        case _:
            return tag, value


def _closing(steps: Iterable[Step]) -> list[Step]:
    """close() of each descriptor that some steps have made."""
    slots: dict[str, None] = {}
    for step in steps:
        if isinstance(step, Listen | Do) and step.gives:
            slots[step.gives] = None
        if isinstance(step, Do) and step.call == "close":
            slots.pop(step.on, None)
    return [Do("close", slot) for slot in slots]
