"""Two hosts, a link and virtual time: what is due next happens, and tasks go on by it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from functools import lru_cache, partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from tcpref.assay import Assay, open_stack
from tcpref.tcb import State
from tests.trials.application import Application, Call, Returned, Task
from tests.trials.invariants import Watch
from tests.trials.leftovers import census
from tests.trials.link import Direction
from tests.trials.observer import Observer
from tests.trials.schedule import Schedule

if TYPE_CHECKING:
    from tests.trials.ladder import Ladder

ADDRESSES = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}
#: States that a time-out ends in the normal course.
LINGERING = frozenset({State.TIME_WAIT, State.FIN_WAIT_2})


@lru_cache
def fresh_census(ip: int) -> Counter[str]:
    """What a stack holds before anything has happened."""
    return census(open_stack({"seed": 0, "addresses": [ADDRESSES[ip][0]]}))


class Side:
    """One host: its stack, its application, and its own clock, `clock` ns ahead of the world's."""

    def __init__(self, schedule: Schedule, number: int) -> None:
        self.number = number
        self.host = schedule.hosts[number]
        other = schedule.hosts[1 - number].program.stream
        config = {"addresses": [ADDRESSES[schedule.ip][number]], "settings": self.host.settings}
        self.assay: Assay = open_stack({"seed": schedule.seed * 2 + number, **config})
        self.fresh = fresh_census(schedule.ip)
        self.watch = Watch(self.assay)
        self.application = Application(self.host.program, other)
        self.observer = Observer(self.host.program.stream, self.assay.stack.settings.mtu)
        rng = Random(f"link {schedule.seed} {number}")
        self.direction = Direction(schedule.paths[number], rng)
        self.clock = 0
        self.alive = True
        self.gave_up = False
        self.ended_at: int | None = None

    @property
    def ended(self) -> bool:
        """Whether the application has closed its connection, or is no more."""
        return self.application.closed or not self.alive

    def states(self) -> str:
        """The states of this side's connections."""
        held = [str(tcb.state) for tcb in self.assay.stack.connections.values()]
        return ", ".join(held) or "CLOSED"


class World:
    """Carries datagrams, expires timers and runs tasks, one thing at a time."""

    def __init__(self, schedule: Schedule, ladder: Ladder | None = None) -> None:
        self.ladder = ladder
        self.now = 0
        self.datagrams = 0
        self.sides = (Side(schedule, 0), Side(schedule, 1))
        self.sides[0].observer.other = self.sides[1].observer
        self.sides[1].observer.other = self.sides[0].observer
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._ids = count(1)
        self._tasks: dict[int, tuple[Side, Task]] = {}
        self._ready: deque[tuple[Side, Task, Returned | None]] = deque()

    # Time.
    def at(self, moment: int, action: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self._agenda, (moment, next(self._order), action))

    def step(self) -> bool:
        """Do what is due next, on the agenda or by a stack's timer; False when nothing is."""
        due: Side | None = None
        moment = self._agenda[0][0] if self._agenda else None
        for side in self.sides:
            timeout = side.assay.next_timeout()
            if timeout is not None and (moment is None or timeout - side.clock < moment):
                due, moment = side, timeout - side.clock
        if moment is None:
            return False
        self.now = max(self.now, moment)
        if due is None:
            heappop(self._agenda)[2]()
        else:
            self.expire(due)
        while self._ready:
            self.advance(*self._ready.popleft())
        return True

    def expire(self, side: Side) -> None:
        """Timers of one stack; a connection that vanishes by one has been given up."""
        connections = side.assay.stack.connections
        before = [tcb for tcb in connections.values() if tcb.state not in LINGERING]
        side.assay.on_timer(self.now + side.clock)
        if any(tcb.state is State.CLOSED for tcb in before):
            side.gave_up = True
            self.tell(side, "gives up")
        self.collect(side)

    # Tasks.
    def resume(self, side: Side, task: Task, returned: Returned | None = None) -> None:
        """Let a task go on after what happens now."""
        self._ready.append((side, task, returned))

    def advance(self, side: Side, task: Task, returned: Returned | None) -> None:
        """Run a task to its next call or wait."""
        if not side.alive:
            return
        try:
            wanted = next(task) if returned is None else task.send(returned)
        except StopIteration:
            wanted = None
        if isinstance(wanted, Call):
            number = next(self._ids)
            self._tasks[number] = side, task
            if self.ladder is not None:
                self.tell(side, f"{wanted.name}()")
            side.assay.call(number, 0, wanted.name, wanted.args, self.now + side.clock)
            self.collect(side)
        elif wanted is not None:
            self.at(self.now + wanted, partial(self.resume, side, task))
        if side.ended and side.ended_at is None:
            side.ended_at = self.now

    def kill(self, side: Side) -> None:
        """The process dies."""
        if not side.ended:
            side.alive = False
            side.ended_at = self.now
            self.tell(side, "killed")
            side.assay.kill(0, "SIGKILL", self.now + side.clock)
            self.collect(side)

    # Datagrams.
    def collect(self, side: Side) -> None:
        """Look at the stack, and take what it has put out."""
        side.watch.check()
        for event in side.assay.take_output():
            match event:
                case ("datagram", bytes(octets)):
                    self.send(side, octets)
                case ("return", int(call), _, int(value), (str() | None) as errno, tuple(out)):
                    if self.ladder is not None:
                        self.tell(side, f"returns {value} {errno or ''}")
                    owner, task = self._tasks.pop(call)
                    self.resume(owner, task, Returned(value, errno, out))

    def send(self, side: Side, octets: bytes) -> None:
        """Put a datagram on the link."""
        self.datagrams += 1
        if self.ladder is not None:
            self.ladder.sent(self.now, side.number, octets)
        side.observer.sent(octets)
        other = self.sides[1 - side.number]
        for delay, copy in side.direction.carry(octets):
            self.at(self.now + delay, partial(self.deliver, other, copy))

    def deliver(self, side: Side, octets: bytes) -> None:
        """A datagram arrives."""
        if self.ladder is not None:
            self.ladder.arrives(self.now, side.number, octets)
        side.assay.on_datagram(octets, self.now + side.clock)
        self.collect(side)

    # Words.
    def states(self) -> str:
        """The states of both sides."""
        return " and ".join(side.states() for side in self.sides)

    def tell(self, side: Side, text: str) -> None:
        """A line of the trace, where one is kept."""
        if self.ladder is not None:
            self.ladder.note(self.now, side.number, f"{text}  {side.states()}")
