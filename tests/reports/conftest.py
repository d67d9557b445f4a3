"""A hand-made run: every verdict, expected and not, with hostile text from the target."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tcpassay.conformance.result import (
    CaseEnded,
    CaseResult,
    CaseStarted,
    Location,
    NotRun,
    RunEnded,
    RunEvent,
    RunStarted,
    StaleExpectation,
    TargetInfo,
    TargetNotStarted,
)
from tcpassay.core.trace import FieldDiff, Judgement, Trace
from tcpassay.core.verdict import Verdict
from tcpassay.reports.record import CaseRecord, RunRecord, count

HOSTILE = "\x1b[31mred[/] \u202eback \x00 & <b>]]>"

_PASS = CaseResult(
    id="rfc9293/3.5/three_way_handshake",
    target="linux",
    ip=4,
    title="A SYN to a listener; SYN-ACK that acknowledges it.",
    location=Location("conformance/cases/rfc9293/s3_5.py", 12),
    requirements=("RFC9293:MUST-12",),
    verdict=Verdict.PASS,
    as_expected=True,
    judged={"RFC9293:MUST-12": Verdict.PASS},
    measured={"rtt_ms": 0.25, "window": 64240, "slope": float("inf")},
    wall_s=0.004,
    stack_s=0.003,
)

RESULTS = (
    _PASS,
    replace(
        _PASS,
        id="rfc9293/3.10.7.3/rst_with_bad_ack",
        verdict=Verdict.FAIL,
        as_expected=False,
        message="the answer has another number than wanted",
        judged={"RFC9293:MUST-12": Verdict.FAIL},
        diff=(FieldDiff("seg.seq", "1", "77"), FieldDiff("seg.flags", "A", HOSTILE)),
        frames=("+0.000 < S 0:0(0) win 65535", "+0.001 > S. 0:0(0) ack 1"),
        stderr="first\n" + HOSTILE,
    ),
    replace(
        _PASS,
        id="rfc5961/4.2/syn",
        verdict=Verdict.DEVIATION,
        expected=Verdict.DEVIATION,
        reason="Linux limits the rate [bold]",
        nature="choice",
        message="no challenge ACK",
    ),
    replace(
        _PASS,
        id="rfc5961/5.2/ack",
        ip=6,
        verdict=Verdict.PASS,
        as_expected=False,
        expected=Verdict.DEVIATION,
        reason="Linux limits the rate [bold]",
    ),
    replace(_PASS, id="sockets/tcp_info", verdict=Verdict.INFO),
    replace(_PASS, id="rfc7323/paws", verdict=Verdict.UNSUPPORTED, message="no timestamps"),
    replace(
        _PASS, id="sockets/a", verdict=Verdict.INCONCLUSIVE, as_expected=False, message="not there"
    ),
    replace(
        _PASS, id="sockets/b", verdict=Verdict.ERROR, as_expected=False, message="KeyError: 'x'"
    ),
    replace(_PASS, target="reference"),
)

TARGETS = (
    TargetInfo("reference", "The reference stack", "tcpref 0.1", "virtual", ("ipv6",)),
    TargetInfo("linux", "The Linux kernel", "Linux 6.18 \x1b[2J", "real", ("ipv6", "sack")),
)


def syn_trace() -> Trace:
    """Three datagrams, the second of which breaks an expectation."""
    trace = Trace(case="x", target="linux", ip=4, stack_addresses=("192.0.2.1",))
    syn = bytes.fromhex(
        "45000028000100004006f6cac0000202c00002018000005000000001000000005002fffffab20000"
    )
    trace.append(0, "send", syn)
    trace.append(1_000_000_001, "receive", syn)
    diff = (FieldDiff("seg.seq", "1", "77"),)
    trace.append(
        1_000_000_002, "expect", Judgement("segment", {"seq": 77}, False, "R", 1, "wrong", diff)
    )
    trace.append(2_000_000_003, "send", syn)
    return trace


def run_events() -> list[RunEvent]:
    """The whole run as the runner would tell it."""
    events: list[RunEvent] = [
        RunStarted(
            seed=7,
            started="2026-03-01T12:00:00+00:00",
            targets=TARGETS,
            planned={"reference": 1, "linux": 8},
            not_run=(NotRun("linux", "rfc9293/3.8.3/give_up", "needs 15 min of real time"),),
        ),
        TargetNotStarted("lwip", "no agent built: make targets/lwip", skipped=False),
    ]
    for result in RESULTS:
        events.append(CaseStarted(result.target, result.id, result.ip))
        events.append(CaseEnded(result, syn_trace()))
    totals = count(CaseRecord(result) for result in RESULTS)
    stale = StaleExpectation("linux", "rfc9293/*/gone", "targets/linux/expectations.toml", 9, "x")
    events.append(RunEnded(1.5, totals, (stale,)))
    return events


@pytest.fixture
def events() -> list[RunEvent]:
    return run_events()


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def trace() -> Trace:
    return syn_trace()


@pytest.fixture
def record() -> RunRecord:
    """The record of that run, without files."""
    started, absent, ended = run_events()[0], run_events()[1], run_events()[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(absent, TargetNotStarted)
    assert isinstance(ended, RunEnded)
    return RunRecord(
        seed=started.seed,
        started=started.started,
        targets=started.targets,
        cases=tuple(CaseRecord(result, _trace_of(result)) for result in RESULTS),
        totals=ended.totals,
        wall_s=ended.wall_s,
        planned=started.planned,
        not_started=(absent,),
        not_run=started.not_run,
        stale=ended.stale,
    )


def _trace_of(result: CaseResult) -> str | None:
    name = result.id.replace("/", "__")
    return None if result.as_expected else f"traces/{result.target}/{name}.json"
