"""The oracle on a real clock: a tester that stands still accuses nobody, at whatever entry."""

from __future__ import annotations

import pytest

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.trace import Entry, Trace
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.wire import ACK, Segment
from tests.model.edits import COMMANDS
from tests.model.exchanges import EXCHANGES, recorded

STALL_NS = 9 * NS_PER_S // 10
SLACK_NS = 50_000_000
#: A keep-alive is timed from the peer's last segment, which a stall of this kind moves alone.
STALLED = tuple(name for name in EXCHANGES if name != "kept_alive")


def stalled(trace: Trace, at: int) -> Trace:
    """The trace where the tester stands still before it reads or does entry `at`.

    What would have been in the meantime is done at its end; what comes later comes as before.
    """
    new = Trace(stack_addresses=trace.stack_addresses, settings=trace.settings)
    end = trace.entries[at].t_ns + STALL_NS
    for entry in trace:
        t_ns, data = max(entry.t_ns, end) if entry.n >= at else entry.t_ns, entry.data
        if entry.kind == "advance" and isinstance(data, int):
            data = max(data, t_ns)
        new.append(t_ns, entry.kind, data, entry.process)
    return new


def waits_on(trace: Trace, entry: Entry) -> bool:
    """Whether an entry came in a wait that would have gone on for longer than the stall."""
    before = next((e for e in reversed(trace.entries[: entry.n]) if e.kind in COMMANDS), None)
    if before is None or before.kind != "advance" or not isinstance(before.data, int):
        return False
    return entry.kind not in COMMANDS and entry.t_ns + STALL_NS <= before.data


@pytest.mark.parametrize("name", STALLED)
def test_a_stall_is_held_against_nobody(name: str) -> None:
    """Before every entry once; a reader that sleeps in a wait says by how much it has lagged."""
    trace = recorded(name)
    alarms = []
    for entry in trace:
        slack_ns = 2 * STALL_NS if waits_on(trace, entry) else SLACK_NS
        report = judge_trace(stalled(trace, entry.n), Limits(slack_ns=slack_ns))
        alarms += [f"stall before {entry.n}: {violation}" for violation in report.violations]
    assert not alarms, "\n".join(alarms)


def test_the_earliest_moment() -> None:
    """In a wait the slack before; in a call, and where a wait has overslept, when last empty."""
    limits = Limits(slack_ns=SLACK_NS)
    limits.drained = 5
    assert limits.earliest(NS_PER_S) == 5
    limits.waiting = (10, 2 * NS_PER_S)
    assert limits.earliest(NS_PER_S) == NS_PER_S - SLACK_NS
    assert limits.earliest(3 * NS_PER_S) == 5
    assert Limits().earliest(NS_PER_S) == NS_PER_S


def test_a_limit_of_challenges_that_the_target_has_may_be_of_one() -> None:
    """RFC 5961, 7: how many are sent is the target's; without a limit of its own, several."""
    own, none = Limits(settings=("challenge_ack_limit",)), Limits()
    met = [Segment(1, 2, n, 0, ACK, 0) for n in range(6)]
    assert [own.challenged(each, 0) for each in met[:3]] == [False, True, True]
    assert [none.challenged(each, 0) for each in met] == [False] * 5 + [True]


def test_a_segment_is_one_challenge_whatever_may_be_true() -> None:
    """Ten hypotheses want a challenge ACK for one segment; the next segment is the second."""
    limits = Limits()
    first, second = Segment(1, 2, 0, 0, ACK, 0), Segment(1, 2, 1, 0, ACK, 0)
    assert not any(limits.challenged(first, 0) for _ in range(10))
    assert not limits.challenged(second, 0)
