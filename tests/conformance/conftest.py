"""Scripted targets: stacks without TCP, for what is judged about cases rather than about TCP."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import Case, case
from tcpassay.conformance.case import mark_of as _mark_of
from tcpassay.conformance.execute import Context
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.plan import Plan, PlannedRun, TargetPlan
from tcpassay.core.clock import RealClock, VirtualClock
from tcpassay.core.errors import StackFault
from tcpassay.core.events import Advance, Command, Datagram, Idle, Outcome, Sent, StartCall
from tcpassay.core.trace import Trace
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.bursts import one_by_one
from tcpassay.targets.manifest import Addresses, Limits, Manifest
from tcpassay.wire import Datagram as IpDatagram
from tcpassay.wire import Segment, build, flags_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.errors import TcpassayError
    from tcpassay.core.events import StackEvent
    from tcpassay.targets.contract import StackOptions

MUST = "RFC9293:MUST-14"
SHOULD = "RFC9293:SHLD-2"
MAY = "RFC9293:MAY-1"


class ScriptedStack:
    """Answers nothing; time passes as its clock says. Closing it wakes who waits in it."""

    def __init__(self, kind: ClockKind, lag_ns: Callable[[], int] = lambda: 0) -> None:
        self.clock_kind = kind
        self.lag_ns = lag_ns
        self._virtual = VirtualClock()
        self._real = RealClock()
        self.closed = threading.Event()

    def now_ns(self) -> int:
        return (self._virtual if self.clock_kind == "virtual" else self._real).now_ns()

    def execute(self, command: Command) -> Outcome:
        if isinstance(command, Advance):
            self._advance(command.until_ns)
        if self.closed.is_set():
            raise StackFault("the stack has been closed")
        return Outcome([], Idle(self.now_ns(), None, ()))

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        return one_by_one(self.execute, commands, into)

    def _advance(self, until_ns: int) -> None:
        if self.clock_kind == "virtual":
            self._virtual.move_to(until_ns)
        else:
            self.closed.wait(max(0, until_ns - self.now_ns()) / 1e9)

    def close(self) -> None:
        self.closed.set()


class AnsweringStack(ScriptedStack):
    """Says what a test has put down: `at_once` in the next datagram's or call's step, `later`
    at its time. What is said carries that time as its stamp. An Advance ends `lag_s` too late,
    with what has come by then.
    """

    def __init__(self) -> None:
        super().__init__("virtual")
        self.at_once: list[StackEvent] = []
        self.later: list[StackEvent] = []
        self.commands: list[Command] = []
        self.lag_s = 0.0

    def execute(self, command: Command) -> Outcome:
        self.commands.append(command)
        events: list[StackEvent] = []
        if isinstance(command, Advance):
            self.later.sort(key=lambda event: event.t_ns)
            until = command.until_ns + round(self.lag_s * 1e9)
            if self.later and self.later[0].t_ns <= until:
                events.append(self.later.pop(0))
                until = max(self.now_ns(), events[0].t_ns)
            self._virtual.move_to(until)
        elif isinstance(command, Datagram | StartCall):
            now = self.now_ns()
            events = [event._replace(t_ns=now) for event in self.at_once]
            self.at_once = []
        return Outcome(events, Idle(self.now_ns(), None, ()))

    def answers(self, *octets: bytes) -> None:
        """Put down datagrams for the next step."""
        self.at_once += [Sent(0, each) for each in octets]

    def sends_at(self, t_s: float, octets: bytes) -> None:
        """Put down a datagram for a moment."""
        self.later.append(Sent(round(t_s * 1e9), octets))


def from_stack(
    flags: str,
    seq: int,
    ack: int = 0,
    payload: bytes = b"",
    *,
    window: int = 1000,
    sport: int = 8080,
    dport: int = 40001,
) -> bytes:
    """A datagram of the scripted stack to the peer."""
    segment = Segment(sport, dport, seq, ack, flags_value(flags), window, payload=payload)
    return build(IpDatagram.between("192.0.2.1", "192.0.2.2", segment))


def make_bench(
    *requirements: str, capabilities: tuple[str, ...] = (), jitter_ms: float = 0.0
) -> tuple[Bench, AnsweringStack]:
    """A bench around a stack that says what the test puts down."""
    manifest = replace(
        ScriptedTarget().manifest,
        capabilities=frozenset(capabilities),
        limits=Limits(jitter_ms=jitter_ms),
    )
    stack = AnsweringStack()
    bench = Bench(manifest, stack, Trace(), requirements=requirements or (MUST, SHOULD))
    return bench, stack


class ScriptedTarget:
    """A target of scripted stacks; `lag` and `unavailable` are for a test to set."""

    def __init__(self, name: str = "scripted", clock: ClockKind = "virtual") -> None:
        self.manifest = Manifest(
            name=name,
            title="A scripted target",
            kind="in-process",
            clock=clock,
            path=Path("/nowhere") / name / "target.toml",
            home=Path("/nowhere") / name,
            start={},
            capabilities=frozenset({"half_close"}),
            ipv4=Addresses(("192.0.2.1",), "192.0.2.2", 24),
            ipv6=None,
        )
        self.unavailable: TcpassayError | None = None
        self.stacks: list[ScriptedStack] = []
        self.options: list[StackOptions] = []
        self.lag = 0
        self.closed = False

    def version(self) -> str:
        if self.unavailable is not None:
            raise self.unavailable
        return "scripted 1.0"

    def start(self, options: StackOptions) -> ScriptedStack:
        self.options.append(options)
        self.stacks.append(ScriptedStack(self.manifest.clock, lambda: self.lag))
        return self.stacks[-1]

    def close(self) -> None:
        self.closed = True


def make_case(
    function: Callable[..., None], *requirements: str, id_: str = "", **mark: Any
) -> Case:
    """A case around a function of the test's own."""
    marked = case(*(requirements or (MUST,)), **mark)(function)
    found = _mark_of(marked)
    assert found is not None
    code = function.__code__
    return Case(
        id=id_ or f"tests/{function.__name__}",
        title="A stimulus; then a requirement.",
        file=code.co_filename,
        line=code.co_firstlineno,
        mark=found,
        function=function,
    )


def passes(bench: Any) -> None:
    bench.check(1, 1, "one")


def fails(bench: Any) -> None:
    bench.check(1, 2, "one")


def make_context(target: ScriptedTarget, **changes: Any) -> Context:
    values: dict[str, Any] = {
        "target": target,
        "version": "scripted 1.0",
        "catalogue": load_catalogue(),
        "expectations": Expectations(),
        "seed": 1,
        "max_time_s": 5.0,
    }
    return Context(**(values | changes))


def make_plan(
    target: ScriptedTarget, *cases: Case, expectations: Expectations | None = None, **changes: Any
) -> Plan:
    """A plan of one target that runs the cases over IPv4."""
    runs = tuple(PlannedRun(case, 4) for case in cases)
    target_plan = TargetPlan(target, runs, (), expectations or Expectations())
    values: dict[str, Any] = {"catalogue": load_catalogue(), "seed": 1, "max_time_s": 5.0}
    return Plan((target_plan,), **(values | changes))


class Kit:
    """What the tests of this folder share."""

    Target = ScriptedTarget
    MUST, SHOULD, MAY = MUST, SHOULD, MAY
    case = staticmethod(make_case)
    plan = staticmethod(make_plan)
    context = staticmethod(make_context)
    bench = staticmethod(make_bench)
    from_stack = staticmethod(from_stack)
    passes = staticmethod(passes)
    fails = staticmethod(fails)


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


@pytest.fixture
def no_preflight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted stacks speak no TCP: they cannot shake hands."""
    monkeypatch.setattr("tcpassay.conformance.runner.preflight", lambda *_: None)
