from __future__ import annotations

from typing import Any

import pytest

from tcpassay.conformance.bench import broken_by
from tcpassay.conformance.outcome import ExpectationFailed, Inconclusive
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import Signalled
from tcpassay.core.trace import Judgement
from tcpassay.wire.errors import ParseError


def judgements(bench: Any) -> list[Judgement]:
    return [entry.data for entry in bench.trace if isinstance(entry.data, Judgement)]


def test_waiting_passes_the_time_and_no_more(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.sends_at(1, kit.from_stack("R", 1))
    bench.wait(3)
    assert bench.now_ns == 3_000_000_000
    assert [entry.kind for entry in bench.trace] == ["advance", "receive", "advance"]


def test_waiting_stops_when_it_is_done(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.sends_at(1, kit.from_stack("R", 1))
    assert bench.wait_until(lambda: bool(bench.strays), 3)
    assert bench.now_ns == 1_000_000_000
    assert not bench.wait_until(lambda: False, 0)


def test_set_up_that_fails_is_inconclusive_and_judges_nothing(kit: Any) -> None:
    bench, _ = kit.bench()
    conn = bench.connection()
    with (
        pytest.raises(Inconclusive, match="OPEN could not be reached: wanted"),
        bench.reaching("OPEN"),
        bench.reaching("inner"),
    ):
        conn.expect("SA")
    assert [(each.met, each.requirement) for each in judgements(bench)] == [(False, "")]


def test_what_else_came_during_set_up_is_no_later_answer(kit: Any) -> None:
    bench, stack = kit.bench()
    conn = bench.connection()
    stack.answers(kit.from_stack("A", 1, 2))
    with (
        pytest.raises(Inconclusive, match="the target also sent A seq=1 ack=2"),
        bench.reaching("OPEN"),
    ):
        conn.send("A")


def test_repetitions_during_set_up_are_borne(kit: Any) -> None:
    bench, stack = kit.bench()
    conn = bench.connection()
    mine = int(conn.peer.snd.nxt) + 1
    again = kit.from_stack("SA", 5000, mine)
    with bench.reaching("OPEN"):
        stack.answers(again, again)
        conn.send("S")
        conn.expect("SA", ack=mine)
    bench.check(1, 1, "one")
    assert all(each.met for each in judgements(bench))


def test_expectation_is_bound_to_the_first_requirement_or_the_one_named(kit: Any) -> None:
    bench, _ = kit.bench(kit.MUST, kit.SHOULD)
    bench.check(1, 1, "one")
    bench.check(1, 1, "one", requirement="SHLD-2")
    assert [each.requirement for each in judgements(bench)] == [kit.MUST, kit.SHOULD]
    with pytest.raises(ConfigurationError, match="does not name"):
        bench.check(1, 1, "one", requirement="MUST-1")


def test_syn_of_the_target_is_claimed(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.sends_at(0.5, kit.from_stack("S", 900, sport=30000, dport=7070))
    conn = bench.expect_syn()
    assert conn.flow == ("192.0.2.1", 30000, "192.0.2.2", 7070)
    assert conn.target.iss == 900
    assert not bench.strays


def test_syn_sent_twice_is_one_connection(kit: Any) -> None:
    bench, stack = kit.bench()
    for t_s, port in ((0.1, 30000), (0.2, 30000), (0.3, 30001)):
        stack.sends_at(t_s, kit.from_stack("S", 900, sport=port, dport=7070))
    bench.wait(1)
    first, second = bench.expect_syn(), bench.expect_syn()
    assert (first.port, second.port) == (30000, 30001)
    assert len(first.drop_arrivals()) == 1


def test_no_syn(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.sends_at(0.1, kit.from_stack("R", 900, sport=30000, dport=7070))
    with pytest.raises(ExpectationFailed, match="wanted a SYN within 1 s, nothing came"):
        bench.expect_syn()
    assert [int(stray.segment.seq) for stray in bench.strays] == [900]


def test_malformed_datagram_fails_whatever_the_case_is_about(kit: Any) -> None:
    bench, stack = kit.bench()
    octets = bytearray(kit.from_stack("A", 1, 2))
    octets[36] ^= 1
    stack.answers(bytes(octets))
    with pytest.raises(ExpectationFailed, match="malformed datagram"):
        bench.connection().send("A")
    assert [each.requirement for each in judgements(bench)] == ["RFC9293:MUST-2"]


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("TCP checksum", "RFC9293:MUST-2"),
        ("TCP reserved bits", "RFC9293:3.1-RSRVD-TX"),
        ("TCP option padding", "RFC9293:MUST-69"),
        ("length of TCP option 2", "RFC9293:MUST-68"),
        ("length of TCP option 5", "RFC2018:3-FORMAT"),
        ("length of TCP option 50", "RFC9293:MUST-68"),
        ("length of TCP option 34", "RFC7413:4.1.1-FORMAT"),
        ("TCP data offset", None),
    ],
)
def test_malformed_datagram_breaks_the_entry_of_its_field(field: str, broken: str | None) -> None:
    assert broken_by(ParseError(field, 0, "something", "else")) == broken


def test_tuple_taken_over_by_a_new_connection(kit: Any) -> None:
    bench, stack = kit.bench()
    old = bench.connection()
    stack.answers(kit.from_stack("R", 1))
    old.send("A")
    new = bench.connection(peer_port=old.peer_port, iss=77)
    assert bench.connection_at(new.flow) is new
    stack.answers(kit.from_stack("R", 2))
    new.send("A")
    assert [int(each.segment.seq) for each in new.drop_arrivals()] == [2]
    assert [int(each.segment.seq) for each in old.drop_arrivals()] == [1]


def test_signals_are_kept_with_their_process(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.at_once.append(Signalled(0, 2, "SIGPIPE"))
    bench.connection().send("A")
    assert [(each.process, each.signal) for each in bench.signals] == [(2, "SIGPIPE")]


def test_answer_to_a_datagram_is_told_from_what_comes_by_itself(kit: Any) -> None:
    bench, stack = kit.bench()
    stack.answers(kit.from_stack("R", 1), kit.from_stack("R", 2))
    bench.connection(peer_port=40002).send("A")
    stack.sends_at(1, kit.from_stack("R", 3))
    bench.wait(2)
    assert [bench.answers_datagram(stray.n) for stray in bench.strays] == [True, True, False]
