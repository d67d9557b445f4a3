"""Duels of two reference stacks, each side's trace judged by the oracle."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tcpassay.core.events import Call, Kill, Returned, Signalled
from tcpassay.core.trace import Trace
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tests.model.judging import Judged
from tests.trials.broken import BrokenError
from tests.trials.duel import Duel
from tests.trials.schedule import FastOpening, Host, draw
from tests.trials.world import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.events import Tagged
    from tcpref.assay import Assay

#: The floor of RFC 6298, 2.4; a stack with another is started with the setting that says so.
FLOOR_MS = 1_000


class Recorded:
    """A stack of a duel, with all that it is given and gives as a trace."""

    def __init__(self, inner: Assay, trace: Trace) -> None:
        self._inner = inner
        self.trace = trace
        self._now = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def on_datagram(self, octets: bytes, now_ns: int) -> None:
        """A datagram arrives."""
        self._now = now_ns
        self.trace.append(now_ns, "send", octets)
        self._inner.on_datagram(octets, now_ns)

    def on_timer(self, now_ns: int) -> None:
        """Time passes."""
        self.trace.append(self._now, "advance", now_ns)
        self._now = now_ns
        self._inner.on_timer(now_ns)

    def call(
        self, number: int, process: int, name: str, args: Sequence[Tagged], now_ns: int
    ) -> None:
        """A call begins."""
        self._now = now_ns
        self.trace.append(now_ns, "call", Call(number, process, name, tuple(args)), process)
        self._inner.call(number, process, name, args, now_ns)

    def kill(self, process: int, signal: str, now_ns: int) -> None:
        """The process dies."""
        self._now = now_ns
        self.trace.append(now_ns, "kill", Kill(process), process)
        self._inner.kill(process, signal, now_ns)

    def take_output(self) -> list[tuple[object, ...]]:
        """What the stack gives."""
        events = self._inner.take_output()
        for event in events:
            match event:
                case ("datagram", bytes(octets)):
                    self.trace.append(self._now, "receive", octets)
                case ("return", int(call), int(process), int(value), errno, tuple(out)):
                    returned = Returned(
                        self._now, call, process, value, cast("str | None", errno), out
                    )
                    self.trace.append(self._now, "return", returned, process)
                case ("signal", int(process), str(name)):
                    self.trace.append(
                        self._now, "signal", Signalled(self._now, process, name), process
                    )
        return events


def duel(seed: int) -> tuple[list[Trace], list[Limits]]:
    """The traces of both sides, from the first call to the last time-out."""
    schedule = draw(seed)
    if schedule.fast_open is not FastOpening.NONE:
        # A cookie of an earlier connection would be in no trace.
        schedule = replace(schedule, fast_open=FastOpening.ASKS)
    first, second = schedule.hosts
    schedule = replace(schedule, hosts=(_with_room(first), _with_room(second)))
    fight = Duel(schedule)
    traces, limits = [], []
    for side in fight.world.sides:
        values = side.host.settings
        settings = () if values["rto_min_ms"] == FLOOR_MS else ("short_rto",)
        address = ADDRESSES[schedule.ip][side.number]
        name = f"duel {seed}, side {side.number}"
        trace = Trace(
            case=name, seed=seed, ip=schedule.ip, stack_addresses=(address,), settings=settings
        )
        side.assay = cast("Assay", Recorded(side.assay, trace))
        traces.append(trace)
        limits.append(Limits(cast("int", values["msl_s"]), 0, settings))
    with suppress(BrokenError):  # What a duel looks for itself is for `make soak-duel`.
        fight.run()
    return traces, limits


def _with_room(host: Host) -> Host:
    """A host that keeps all text that comes out of order: SHLD-31 is for cases to judge."""
    return replace(host, settings={**host.settings, "reassembly_blocks": 100_000})


def try_duel(seed: int) -> Judged:
    """One schedule, both sides judged."""
    traces, limits = duel(seed)
    reports = [judge_trace(*both) for both in zip(traces, limits, strict=True)]
    violations = tuple(each for report in reports for each in report.violations)
    peak = max(report.peak for report in reports)
    return Judged(seed, sum(map(len, traces)), peak, violations, target="duel")
