"""Two reference stacks, two applications and a link: one schedule from its start to its end."""

from __future__ import annotations

from functools import partial
from traceback import extract_tb
from typing import TYPE_CHECKING, NamedTuple

from tcpref import fastopen_cookies
from tcpref.addresses import from_text
from tcpref.isn import TICK_NS
from tests.trials.application import Task
from tests.trials.broken import BrokenError, demand
from tests.trials.schedule import SECOND, Ending, FastOpening, Schedule, draw
from tests.trials.verdict import Outcome, judge
from tests.trials.world import ADDRESSES, Side, World

if TYPE_CHECKING:
    from tests.trials.ladder import Ladder

PORTS = (7_777, 40_000)
#: What no schedule comes near: a duel that reaches it would never end.
MOST_STEPS = 100_000
LONGEST_NS = 100 * 3_600 * SECOND


class Result(NamedTuple):
    """How one schedule ended. `broken` is the rule that did not hold; "" where all did."""

    seed: int
    outcome: Outcome
    broken: str
    datagrams: int

    def __str__(self) -> str:
        """One line, with what to type to see it again."""
        return f"seed {self.seed}: {self.broken}; replay: make soak-duel SEED={self.seed}"


class Duel:
    """Runs one schedule."""

    def __init__(self, schedule: Schedule, ladder: Ladder | None = None) -> None:
        self.schedule = schedule
        self.world = World(schedule, ladder)

    def run(self) -> Outcome:
        """From the first call to the last time-out. Raises BrokenError for a stack's mistake."""
        world, lead = self.world, self.schedule.lead
        for side, start in zip(world.sides, (lead, 0), strict=True):
            self.set_clock(side)
            world.at(start, partial(world.resume, side, self.life(side)))
            program = side.host.program
            if program.ending is Ending.KILL:
                world.at(lead + program.ending_after, partial(world.kill, side))
            elif program.ending is Ending.ABORT:
                world.at(lead + program.ending_after, partial(self.abort, side))
        steps = 0
        while world.step() or self.end_what_hangs():
            steps += 1
            demand(steps < MOST_STEPS and world.now < LONGEST_NS, "a duel ends", world.states())
        return judge(self.schedule, world)

    def abort(self, side: Side) -> None:
        """Close with a linger time of zero; without a connection so far, the process dies."""
        if side.application.fd < 0:
            self.world.kill(side)
        else:
            self.world.resume(side, side.application.abort())

    def life(self, side: Side) -> Task:
        """The first task of an application opens and reads; the second one writes."""
        application = side.application
        yield from self.opening(side)
        if application.errors:
            application.writing = application.reading = False
            yield from application.close()
            return
        self.world.resume(side, application.write())
        yield from application.read()

    def opening(self, side: Side) -> Task:
        """How this side opens its connection."""
        schedule, number = self.schedule, side.number
        made = ("name", schedule.family), ("flags", ("SOCK_STREAM",)), ("value", 0)
        here, there = (
            (self.named(number), PORTS[number]),
            (self.named(1 - number), PORTS[1 - number]),
        )
        if number == 0 and not schedule.simultaneous:
            return side.application.listen(made, here)
        fast = schedule.fast_open is not FastOpening.NONE and side.assay.stack.settings.fast_open
        if fast:
            self.give_cookie(side)
        fixed = schedule.simultaneous or side.host.before_wrap is not None
        return side.application.connect(made, here if fixed else None, there, fast=fast)

    def give_cookie(self, side: Side) -> None:
        """What an earlier connection would have left: the server's cookie, or another."""
        if self.schedule.fast_open is FastOpening.ASKS:
            return
        server = self.world.sides[1 - side.number]
        here, there = (
            from_text(ADDRESSES[self.schedule.ip][number])
            for number in (side.number, server.number)
        )
        assert here is not None
        assert there is not None
        stack = server.assay.stack
        period = server.clock // (stack.settings.fast_open_key_s * SECOND)
        cookie = fastopen_cookies.make(stack.secret, here, period)
        if self.schedule.fast_open is FastOpening.WRONG:
            cookie = cookie[::-1]
        key = (here, 0, there, PORTS[server.number])
        side.assay.stack.fast_opens.learn(key, cookie, server.assay.stack.settings.mtu - 60)

    def named(self, number: int) -> str:
        """The address of a side as its sockets' family has it."""
        schedule = self.schedule
        mapped = schedule.family == "AF_INET6" and schedule.ip == 4
        return ("::ffff:" if mapped else "") + ADDRESSES[schedule.ip][number]

    def set_clock(self, side: Side) -> None:
        """Set this host's clock so that its initial number lies shortly before the wrap."""
        if side.host.before_wrap is None:
            return
        ends = []
        for number in (side.number, 1 - side.number):
            address = from_text(ADDRESSES[self.schedule.ip][number])
            assert address is not None
            ends += [(address, PORTS[number])]
        first = side.assay.stack.choose_iss((*ends[0], *ends[1]))
        side.clock = (2**32 - 1 - side.host.before_wrap - first) % 2**32 * TICK_NS

    def end_what_hangs(self) -> bool:
        """All is quiet. An application may wait for ever if its peer vanished without a word."""
        hanging = [side for side in self.world.sides if not side.ended]
        if not hanging:
            return False
        gave_up = any(side.gave_up for side in self.world.sides)
        demand(self.schedule.abrupt or gave_up, "both applications end", self.world.states())
        for side in hanging:
            self.world.kill(side)
        return True


def try_seed(seed: int, ladder: Ladder | None = None) -> Result:
    """Run the schedule of a seed to its end, whatever comes of it."""
    duel = Duel(draw(seed), ladder)
    outcome, broken = Outcome.BROKEN, ""
    try:
        outcome = duel.run()
    except BrokenError as error:
        broken = str(error)
    except Exception as error:
        where = extract_tb(error.__traceback__)[-1]
        broken = f"a stack raises nothing: {error!r} at {where.name}, line {where.lineno}"
    world = duel.world
    return Result(seed, outcome, broken, world.datagrams)
