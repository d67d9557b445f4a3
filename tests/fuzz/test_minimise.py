"""Cases made small: without a stack, by what a made-up fault hangs on."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Listen, Raw, Send, Step, Wait
from tcpassay.fuzz.finding.minimise import beyond_access, minimise
from tcpassay.fuzz.finding.simpler import closed_up, folded, nearer, plainly, unusual
from tcpassay.fuzz.playing.reach import listen, opened
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.wire import ACK, FIN, PSH, SYN, MaximumSegmentSize, Timestamps

_SOURCE = Sequence(1)


def _needs(*wanted: Callable[[Step], bool]) -> Callable[[FuzzCase], bool]:
    """A fault that wants steps of these kinds, in this order."""

    def shows(case: FuzzCase) -> bool:
        left = list(wanted)
        for step in case.steps:
            if left and left[0](step):
                left.pop(0)
        return not left

    return shows


def _fin_with_text(step: Step) -> bool:
    return isinstance(step, Send) and bool(step.flags & FIN) and step.data > 0


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 4), st.randoms(use_true_random=False))
def test_result_shows_and_is_one_minimal(number: int, size: int, draw: object) -> None:
    """A sequence and some of its steps that a fault hangs on; it shows, and no step can go."""
    case = _SOURCE.case(number)
    picked = sorted(draw.sample(range(len(case.steps)), min(size, len(case.steps))))  # type: ignore[attr-defined]
    kinds = [(type(case.steps[at]), getattr(case.steps[at], "conn", None)) for at in picked]
    shows = _needs(
        *(
            lambda step, kind=kind, conn=conn: (
                isinstance(step, kind) and conn in {None, getattr(step, "conn", None)}
            )
            for kind, conn in kinds
        )
    )
    small = minimise(case, shows, 2_000)
    assert shows(small.case)
    assert not small.spent
    steps = small.case.steps
    assert not any(
        shows(case._replace(steps=steps[:at] + steps[at + 1 :])) for at in range(len(steps))
    )
    assert len(steps) <= len(kinds)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 60))
def test_budget_holds(number: int, budget: int) -> None:
    """Fewer stacks than it takes; never more, and the result shows."""
    case = _SOURCE.case(number)
    asked = 0

    def shows(some: FuzzCase) -> bool:
        nonlocal asked
        asked += 1
        return len(some.steps) >= len(case.steps) // 2

    small = minimise(case, shows, budget)
    assert asked == small.executions <= budget
    assert small.case == case or shows(small.case)


def test_same_way_twice() -> None:
    """The same case and answers; the same result."""
    case, shows = _SOURCE.case(7), _needs(lambda step: isinstance(step, Send))
    assert minimise(case, shows) == minimise(case, shows)


def test_fields_become_usual() -> None:
    """A FIN with text is all it takes; every other field is as usual, 12 to 60 stacks."""
    mess = Send(
        flags=FIN | ACK | PSH, seq=1, ack=1, window=77, data=900, urgent=5,
        options=(Timestamps(1, 1), MaximumSegmentSize(9)), flaws=(("ttl", 3),),
    )  # fmt: skip
    more: list[Step] = [Send(seq=901, ack=1, data=10), Do("close", "c0"), Wait(5_000_000)]
    case = FuzzCase((*opened().steps, mess, *more), ip=6, settings=("x",), iss=5)
    small = minimise(case, _needs(_fin_with_text))
    assert small.case == FuzzCase((Send(flags=FIN | ACK, ack=1, data=1),))
    assert 12 <= small.executions <= 60


def test_text_that_goes_closes_up() -> None:
    """Text in order that need not be; the segments behind it stay in order."""
    steps = (Send(flags=SYN), Send(seq=1, ack=1, data=100), Send(seq=101, ack=1, data=5))
    assert closed_up(steps, 1) == (Send(flags=SYN), Send(seq=1, ack=1, data=5))

    def shows(case: FuzzCase) -> bool:
        last = case.steps[-1]
        return isinstance(last, Send) and last.seq == 1 + sum(
            step.data for step in case.steps[:-1] if isinstance(step, Send)
        )

    small = minimise(FuzzCase(steps), shows)
    assert small.case.steps == (Send(seq=1, ack=1),)


def test_shorter_text_closes_up() -> None:
    """A segment's text left out; the one behind it follows at once."""
    steps: tuple[Step, ...] = (
        Send(flags=SYN), Send(seq=1, ack=1, data=100), Send(seq=101, ack=1, data=5),
    )  # fmt: skip
    case = FuzzCase(steps)
    edits = [edit for edit in unusual(case) if edit.name == "data" and edit.step == 1]
    made = plainly(case, edits).steps
    assert made[1:] == (Send(seq=1, ack=1), Send(seq=1, ack=1, data=5))


def test_listener_in_one_step() -> None:
    """socket(), bind(), listen() as `reach` has them; one step, and others are left alone."""
    assert folded(listen(3)) == (Listen(backlog=3),)
    other = (Do("socket", gives="listener"), *listen()[1:])
    assert folded(other) == other
    assert folded((Wait(1), *listen(), Wait(2))) == (Wait(1), Listen(), Wait(2))


def test_nearer_numbers() -> None:
    """Distances: simplest first, of the same sign, none simpler than one."""
    assert nearer(-4_711) == [-1, -100, -1_000]
    assert nearer(1) == [] == nearer(0)
    assert all(0 < abs(each) < 123_456_789_012 for each in nearer(123_456_789_012))


def test_raw_octets_become_shorter() -> None:
    """A raw datagram of which 20 octets do; those."""
    case = FuzzCase((Raw(bytes(range(90))),))
    small = minimise(case, _needs(lambda step: isinstance(step, Raw) and len(step.octets) >= 20))
    assert small.case.steps == (Raw(bytes(range(20))),)


def test_steps_beyond_opening() -> None:
    """Ways of opening and one segment behind each; one step."""
    for way in ("listen", "connect", "simultaneous"):
        reached = opened(way)
        case = FuzzCase((*reached.steps, Send(seq=1, ack=1, data=3)))
        assert beyond_access(case) == 1 == beyond_access(case._replace(steps=folded(case.steps)))
    twice = (*opened().steps, Send(seq=1, ack=1), Wait(5))
    assert beyond_access(FuzzCase(twice)) == 2
