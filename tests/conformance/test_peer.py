from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.match import ANY
from tcpassay.conformance.outcome import ExpectationFailed
from tcpassay.core.trace import Judgement

if TYPE_CHECKING:
    from tcpassay.conformance.peer import Connection

ISS = 5000


@pytest.fixture
def opened(kit: Any) -> Any:
    """A handshake with the scripted stack, whose numbers begin at 5000."""

    def make(**options: Any) -> tuple[Connection, Any, int]:
        bench, stack = kit.bench(**options)
        conn = bench.connection()
        mine = int(conn.peer.snd.nxt) + 1
        stack.answers(kit.from_stack("SA", ISS, mine))
        conn.send("S")
        conn.expect("SA", ack=mine)
        conn.send("A")
        return conn, stack, mine

    return make


def last_judgement(conn: Connection) -> Judgement:
    data = conn.bench.trace.entries[-1].data
    assert isinstance(data, Judgement)
    return data


def test_answer_is_matched_and_counted(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("PA", ISS + 1, mine + 3, b"text"))
    conn.send("PA", payload=b"abc")
    arrival = conn.expect("A", seq=ISS + 1, ack=mine + 3, payload=b"text")
    assert conn.peer.rcv.nxt == conn.target.snd.nxt == ISS + 5
    assert conn.target.rcv.nxt == conn.peer.snd.nxt == mine + 3
    assert (last_judgement(conn).met, last_judgement(conn).event) == (True, arrival.n)


def test_difference_is_told_by_field(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("A", ISS + 2, mine))
    conn.send("A", seq=mine + 9)
    with pytest.raises(ExpectationFailed, match="got A seq=5002") as caught:
        conn.expect("A", seq=ISS + 1, ack=mine)
    assert [diff.field for diff in caught.value.diff] == ["seq"]


def test_nothing_is_told_after_the_time_given(opened: Any) -> None:
    conn, _, _ = opened()
    with pytest.raises(ExpectationFailed, match="within 2 s, nothing came"):
        conn.expect("A", within=2)
    assert conn.bench.now_ns == 2_000_000_000


@pytest.mark.parametrize(
    ("name", "flags", "seq", "ack", "payload", "passes"),
    [
        ("text again", "PA", ISS + 1, 3, b"text", True),
        ("part of it again", "A", ISS + 3, 3, b"xt", True),
        ("SYN-ACK again", "SA", ISS, 0, b"", True),
        ("other text in its place", "PA", ISS + 1, 3, b"teXt", False),
        ("a FIN where none was", "FA", ISS + 1, 3, b"te", False),
        ("a SYN with another number", "SA", ISS + 2, 3, b"", False),
        ("text that acknowledges what was never sent", "PA", ISS + 1, 4, b"text", False),
        ("an ACK of the peer's text", "A", ISS + 5, 3, b"", True),
        ("an ACK of what was never sent", "A", ISS + 5, 4, b"", False),
        ("an ACK from beyond its own text", "A", ISS + 6, 3, b"", False),
        ("a reset", "R", ISS + 5, 0, b"", False),
    ],
)
def test_what_comes_before_the_answer(
    kit: Any,
    opened: Any,
    name: str,
    flags: str,
    seq: int,
    ack: int,
    payload: bytes,
    passes: bool,
) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("PA", ISS + 1, mine, b"text"))
    conn.send("A")
    conn.expect("A", payload=b"text")
    before = kit.from_stack(flags, seq, mine + ack, payload)
    stack.answers(before, kit.from_stack("FA", ISS + 5, mine + 3))
    conn.send("PA", payload=b"abc")
    if passes:
        assert conn.expect("FA").segment.seq == ISS + 5, name
    else:
        with pytest.raises(ExpectationFailed, match="wanted flags=FA"):
            conn.expect("FA")


def test_keep_alive_may_carry_any_octet(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("PA", ISS + 1, mine, b"text"))
    conn.send("A")
    conn.expect("A", payload=b"text")
    conn.send("A")
    stack.sends_at(1, kit.from_stack("A", ISS + 4, mine, b"?"))
    conn.expect_silence(2, repeats=True)
    assert last_judgement(conn).met


def test_window_update_passes_but_an_answer_does_not(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    wider = kit.from_stack("A", ISS + 1, mine, window=2000)
    stack.sends_at(1, wider)
    conn.expect_silence(2)
    stack.answers(kit.from_stack("A", ISS + 1, mine, window=3000))
    conn.send("R", seq=mine + 70000)
    with pytest.raises(ExpectationFailed, match="wanted silence, got A"):
        conn.expect_silence()


def test_silence_is_broken_by_what_has_come(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("A", ISS + 1, mine))
    conn.send("R", seq=mine + 70000)
    with pytest.raises(ExpectationFailed, match="wanted silence, got A"):
        conn.expect_silence()


def test_silence_is_broken_by_an_answer_from_a_wrong_port(kit: Any, opened: Any) -> None:
    conn, stack, _ = opened()
    stack.answers(kit.from_stack("R", 0, dport=40002))
    conn.send("R", seq=1)
    with pytest.raises(ExpectationFailed, match="wanted silence, got R"):
        conn.expect_silence()


def test_silence_bears_what_went_astray_before_the_stimulus(kit: Any, opened: Any) -> None:
    conn, stack, _ = opened()
    stack.answers(kit.from_stack("R", 0, dport=40002))
    conn.bench.connection(peer_port=40009).send("A")
    conn.send("R", seq=1)
    conn.expect_silence()
    assert last_judgement(conn).met
    assert len(conn.bench.strays) == 1


def test_silence_ends_by_the_stamp(kit: Any, opened: Any) -> None:
    """What the stack sent after the end breaks nothing, though the case looks later."""
    conn, stack, mine = opened()
    stack.lag_s = 0.5
    stack.sends_at(1.2, kit.from_stack("FA", ISS + 1, mine))
    conn.expect_silence(1.0)
    assert conn.bench.now_ns == 1_200_000_000
    with pytest.raises(ExpectationFailed, match=r"wanted silence for 0\.1 s, got FA"):
        conn.expect_silence(0.1)


@pytest.mark.parametrize(("after", "met"), [(1.0, True), (1.2, False)])
def test_too_early_by_the_stamp(kit: Any, opened: Any, after: float, met: bool) -> None:
    conn, stack, mine = opened()
    stack.sends_at(1.1, kit.from_stack("FA", ISS + 1, mine))
    if met:
        assert conn.expect("FA", after=after, within=3).t_ns == 1_100_000_000
    else:
        with pytest.raises(ExpectationFailed, match=r"1\.100 s, wanted 1\.2 s or later"):
            conn.expect("FA", after=after, within=3)


@pytest.mark.parametrize(("within", "met"), [(5.0, True), (1.0, False)])
def test_too_late_by_the_stamp_though_it_waits_already(
    kit: Any, opened: Any, within: float, met: bool
) -> None:
    conn, stack, mine = opened()
    start = conn.bench.trace.entries[0]
    stack.sends_at(4, kit.from_stack("FA", ISS + 1, mine))
    conn.bench.wait(10)
    if met:
        assert conn.expect("FA", since=start, within=within).t_ns == 4_000_000_000
    else:
        with pytest.raises(ExpectationFailed, match=r"4\.000 s, wanted 1 s or sooner"):
            conn.expect("FA", since=start, within=within)


def test_jitter_of_the_target_is_allowed_both_ways(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened(jitter_ms=100)
    start = conn.bench.trace.entries[0]
    stack.sends_at(1.05, kit.from_stack("PA", ISS + 1, mine, b"a"))
    stack.sends_at(1.95, kit.from_stack("FA", ISS + 2, mine))
    assert conn.expect("A", payload=b"a", within=1, since=start).t_ns == 1_050_000_000
    assert conn.expect("FA", after=2, within=3, since=start).t_ns == 1_950_000_000


def test_any_of_several_patterns(kit: Any, opened: Any) -> None:
    from tcpassay.conformance.match import Pattern

    conn, stack, mine = opened()
    stack.answers(kit.from_stack("R", mine))
    conn.send("A")
    which, arrival = conn.expect_one_of(Pattern("A"), Pattern("R"))
    assert (which, arrival.segment.seq) == (1, mine)


def test_state_is_not_asked_without_the_probe(opened: Any) -> None:
    conn, stack, _ = opened()
    asked = len(stack.commands)
    conn.expect_state("ESTABLISHED")
    assert len(stack.commands) == asked
    assert "state not read" in str(conn.bench.trace.entries[-1].data)


def test_dropped_arrivals_count_as_seen(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("PA", ISS + 1, mine, b"text"))
    conn.send("A")
    assert len(conn.drop_arrivals()) == 1
    conn.expect_silence()
    assert conn.target.snd.nxt == ISS + 5


def test_given_numbers_move_nothing(opened: Any) -> None:
    conn, _, mine = opened()
    conn.send("PA", seq=mine + 100, payload=b"ahead")
    assert conn.peer.snd.nxt == mine
    conn.send("PA", payload=b"next")
    assert conn.peer.snd.nxt == mine + 4
    assert conn.numbers.peer_sent_up_to == mine + 105


def test_payload_is_none_unless_wanted(kit: Any, opened: Any) -> None:
    conn, stack, mine = opened()
    stack.answers(kit.from_stack("PA", ISS + 1, mine, b"text"))
    conn.send("A")
    with pytest.raises(ExpectationFailed) as caught:
        conn.expect("A")
    assert [diff.field for diff in caught.value.diff] == ["payload"]
    stack.answers(kit.from_stack("PA", ISS + 5, mine, b"more"))
    conn.send("A")
    assert conn.expect("A", payload=ANY).segment.payload == b"more"
