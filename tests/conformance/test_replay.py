"""Traces of cases on the reference stack, run again on one with another seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.matrix.cases import find_row
from tcpassay.conformance.names import Hints, Host, Info
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.reach import established, listener, syn_sent
from tcpassay.conformance.replay import Replayed, replay
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Judgement
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_manifest, open_target
from tcpassay.wire import Segment, parse
from tcpassay.wire.tracefile import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.case import Case
    from tcpassay.core.trace import Trace
    from tcpassay.targets.contract import Target
    from tcpassay.wire.tracefile import TraceFile

CATALOGUE = load_catalogue()
FOUR = Host("four.example.net", ("four",), ("192.0.2.20",))
OTHER_SEED = 0xA5A5_5A5A


@pytest.fixture
def reference() -> Iterator[Target]:
    target = open_target("reference")
    yield target
    target.close()


def recorded(target: Target, case: Case) -> tuple[TraceFile, Trace, Verdict]:
    """The trace of a case, through its file, and the verdict."""
    context = Context(target, "any", CATALOGUE, Expectations(), 1, 60.0)
    result, trace = run_case(context, PlannedRun(case, 4))
    info = {"verdict": str(result.verdict), "requirements": list(case.mark.requirements)}
    return loads(dumps(trace, info)), trace, result.verdict


def again(file: TraceFile, target: Target) -> Replayed:
    return replay(file, target, CATALOGUE, seed=OTHER_SEED)


def initial_numbers(trace: Trace) -> list[int]:
    """The numbers of the stack's SYNs."""
    bodies = [parse(entry.data).body for entry in trace if entry.kind == "receive"]  # type: ignore[arg-type]
    return [body.seq for body in bodies if isinstance(body, Segment) and body.flags & 2]


def judged(trace: Trace) -> list[tuple[str, bool, str]]:
    found = [entry.data for entry in trace if isinstance(entry.data, Judgement)]
    return [(each.what, each.met, each.requirement) for each in found]


def two_connections_and_a_reopened_tuple(bench: Bench) -> None:
    """Two at once; one is reset and its tuple opened again, with text in both."""
    sock = listener(bench)
    first, second = bench.connection(), bench.connection()
    for conn in (first, second):
        conn.send("S")
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
    first.send("R")
    first.app.recv(10, errno="ECONNRESET")
    reopened = bench.connection(peer_port=first.peer_port, iss=int(first.peer.snd.nxt) + 100_000)
    reopened.send("S")
    reopened.expect("SA", ack=reopened.peer.snd.nxt)
    reopened.send("A")
    reopened.app = sock.accept()
    for conn in (second, reopened):
        conn.app.send(b"text")
        conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=b"text")
        conn.send("A")
        conn.expect_state("ESTABLISHED")
        conn.expect_silence(3)


def refused_syn_that_comes_again(bench: Bench) -> None:
    """A SYN on an open connection is challenged; after the reset the same SYN opens anew."""
    conn = established(bench)
    syn = conn.send("S", seq=int(conn.peer.snd.nxt) + 400_000)
    challenge = conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.send("R", seq=challenge.segment.ack)
    new = bench.connection(peer_port=conn.peer_port, iss=syn.seq)
    new.send("S")
    new.expect("SA", ack=new.peer.snd.nxt)


def active_open_and_retransmission(bench: Bench) -> None:
    """The stack chooses its port and number; its SYN comes again by its timer."""
    conn, pending = syn_sent(bench)
    first = conn.last_arrival
    conn.expect("S", seq=conn.target.iss, since=first, after=0.9, within=1.2)
    pending.expect_blocked()
    conn.send("RA")
    pending.expect_return(errno="ECONNREFUSED")


def in_a_process_of_its_own(bench: Bench) -> None:
    """Descriptors of a fresh program; a child has them too; the parent is killed."""
    conn = established(bench)
    child = bench.spawn(2, fork_of=1)
    bench.kill(1)
    conn.expect_silence()
    child.call("close", ("fd", conn.app.fd))
    conn.expect("FA", seq=conn.target.snd.nxt)


def wants_what_does_not_come(bench: Bench) -> None:
    """Fails after a wait."""
    conn = established(bench)
    conn.send("PA", payload=b"text")
    conn.expect("R", within=2)


CASES = [
    two_connections_and_a_reopened_tuple,
    refused_syn_that_comes_again,
    active_open_and_retransmission,
]


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_same_verdict_with_another_seed(kit: Any, reference: Target, function: Any) -> None:
    file, trace, verdict = recorded(reference, kit.case(function, kit.MUST))
    assert verdict is Verdict.PASS
    replayed = again(file, reference)
    assert (replayed.same, replayed.judged.message, replayed.taken) == (True, "", 0)
    assert judged(replayed.trace) == judged(trace)
    assert set(initial_numbers(replayed.trace)).isdisjoint(initial_numbers(trace))


def test_trace_of_an_own_process(kit: Any, reference: Target) -> None:
    case = kit.case(in_a_process_of_its_own, kit.MUST, own_process=True)
    file, trace, verdict = recorded(reference, case)
    assert verdict is Verdict.PASS
    replayed = again(file, reference)
    assert (replayed.same, judged(replayed.trace)) == (True, judged(trace))
    assert {1, 2} <= {entry.process for entry in replayed.trace}


def test_failing_trace_fails_for_the_same_reason(kit: Any, reference: Target) -> None:
    file, trace, verdict = recorded(reference, kit.case(wants_what_does_not_come, kit.MUST))
    assert verdict is Verdict.FAIL
    replayed = again(file, reference)
    assert (replayed.same, replayed.judged.judged) == (True, {kit.MUST: Verdict.FAIL})
    assert judged(replayed.trace) == judged(trace)


def test_trace_of_a_fault_passes_once_the_fault_is_gone(kit: Any, reference: Target) -> None:
    def resets_outside_the_window_are_dropped(bench: Bench) -> None:
        conn = established(bench)
        conn.send("R", seq=int(conn.peer.snd.nxt) + 100_000)
        conn.expect_silence()
        conn.expect_state("ESTABLISHED")

    (mutant,) = [each for each in load_mutants() if each.name == "rst_outside_window_answered"]
    target = mutant.target(reference.manifest)
    try:
        file, _, verdict = recorded(
            target, kit.case(resets_outside_the_window_are_dropped, kit.MUST)
        )
        with_fault = again(file, target)
    finally:
        target.close()
    assert verdict is Verdict.FAIL
    assert with_fault.same
    assert again(file, reference).judged.verdict is Verdict.PASS


def test_results_of_calls_are_judged_again(kit: Any, reference: Target) -> None:
    """Names resolved, then replayed where a fault changes one result; it is found."""

    def resolves(bench: Bench) -> None:
        bench.app.names.gethostbyname("four", FOUR)
        bench.app.names.getaddrinfo("four", "80", Hints(), (Info("192.0.2.20", 80),))

    file, _, verdict = recorded(reference, kit.case(resolves, kit.MUST))
    assert (verdict, again(file, reference).judged.verdict) == (Verdict.PASS, Verdict.PASS)
    settings = {"hosts": "192.0.2.20 four.example.net four 4"}
    start = {**reference.manifest.start, "settings": settings}
    changed = open_manifest(replace(reference.manifest, start=start))
    replayed = again(file, changed)
    changed.close()
    assert replayed.judged.verdict is Verdict.FAIL
    assert "gethostbyname() returned 1" in replayed.judged.message


def test_values_that_the_case_worked_out_are_taken(kit: Any, reference: Target) -> None:
    def works_out(bench: Bench) -> None:
        established(bench)
        bench.check(3, 4, "sum")

    file, _, verdict = recorded(reference, kit.case(works_out, kit.MUST))
    replayed = again(file, reference)
    assert (verdict, replayed.judged.verdict, replayed.taken) == (Verdict.FAIL, Verdict.FAIL, 1)
    assert "(as recorded)" in replayed.judged.message


def test_replay_that_is_ahead_waits_for_the_recorded_time(kit: Any, reference: Target) -> None:
    """A recording that lost time between its steps keeps its timers in the replay."""

    def waits(bench: Bench) -> None:
        established(bench)
        bench.wait(1)
        bench.wait(1)
        bench.check(1, 1, "one")

    file, trace, _ = recorded(reference, kit.case(waits, kit.MUST))
    advances = [event for event in file.events if event.kind == "advance"]
    lost_ns = 300_000_000
    late = advances[1]._replace(
        t_ns=advances[1].t_ns + lost_ns, data=int(str(advances[1].data)) + lost_ns
    )
    events = tuple(late if event is advances[1] else event for event in file.events)
    replayed = replay(replace(file, events=events), reference, CATALOGUE)
    assert replayed.trace.entries[-1].t_ns == trace.entries[-1].t_ns + lost_ns


def test_trace_without_a_verdict_is_refused(kit: Any, reference: Target) -> None:
    _, trace, _ = recorded(reference, kit.case(wants_what_does_not_come, kit.MUST))
    with pytest.raises(ConfigurationError, match="names no verdict"):
        again(loads(dumps(trace)), reference)


@pytest.mark.parametrize(
    "name",
    ["matrix/CLOSE-WAIT/RST/seq=inside/connect", "matrix/SYN-SENT/SYN-ACK/ack=snd.nxt"],
)
def test_row_of_the_matrix(reference: Target, name: str) -> None:
    """A row's trace; generated again on a stack with another seed, and judged by the rules."""
    row = find_row(name)
    assert row is not None
    file, trace, verdict = recorded(reference, row)
    assert verdict is Verdict.PASS
    replayed = again(file, reference)
    assert (replayed.same, replayed.taken) == (True, 0)
    assert judged(replayed.trace) == judged(trace)
    assert judged(trace)[-1][:2] == ("row", True)
