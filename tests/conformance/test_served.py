"""What a service says of itself is taken off, so that a case sees a silent application."""

from __future__ import annotations

from tcpassay.conformance.match import Pattern
from tcpassay.conformance.numbers import Numbers
from tcpassay.conformance.peer import Arrival
from tcpassay.conformance.served import Speech, lacks, what_it_takes
from tcpassay.core.seq import Seq
from tcpassay.wire import ACK, FIN, PSH, RST, SYN, Datagram, IPv4, Segment

ISS, PEER_ISS = 5000, 100


def arrival(seq: int, ack: int, flags: int = ACK, payload: bytes = b"") -> Arrival:
    body = Segment(7, 40000, seq, ack, flags, 500, payload=payload)
    return Arrival(0, 0, b"", Datagram(IPv4("192.0.2.1", "192.0.2.2", protocol=6), body))


def opened() -> tuple[Speech, Numbers]:
    """Both after a handshake; the target's next number is ISS + 1."""
    numbers = Numbers(PEER_ISS)
    numbers.sent(Segment(40000, 7, PEER_ISS, 0, SYN, 500))
    speech = Speech()
    syn_ack = arrival(ISS, PEER_ISS + 1, SYN | ACK)
    assert speech.heard(numbers, syn_ack) is syn_ack
    numbers.arrived(syn_ack.segment)
    return speech, numbers


def test_text_with_a_new_ack_becomes_a_bare_ack() -> None:
    """An echo that acknowledges the peer's text; the ACK is left, and the peer takes the text."""
    speech, numbers = opened()
    seen = speech.heard(numbers, arrival(ISS + 1, PEER_ISS + 4, ACK | PSH, b"abc"))
    assert seen is not None
    assert (seen.segment.flags, seen.segment.payload) == (ACK, b"")
    assert numbers.peer.rcv.nxt == Seq(ISS + 4)
    assert numbers.target.rcv.nxt == Seq(PEER_ISS + 1)  # Until the case has seen the ACK.


def test_text_after_its_ack_says_nothing_more() -> None:
    """The ACK came first; the echo is nothing to a case, nor is its retransmission."""
    speech, numbers = opened()
    bare = arrival(ISS + 1, PEER_ISS + 4)
    echo = arrival(ISS + 1, PEER_ISS + 4, ACK | PSH, b"abc")
    assert speech.heard(numbers, bare) is bare
    assert speech.heard(numbers, echo) is None
    assert speech.heard(numbers, echo) is None


def test_numbers_before_and_after_the_text_are_alike() -> None:
    """A pattern worked out before the echo came, an ACK sent after it; and no number beyond."""
    speech, numbers = opened()
    speech.heard(numbers, arrival(ISS + 1, PEER_ISS + 4, ACK | PSH, b"abc"))
    for wanted, got in ((ISS + 1, ISS + 4), (ISS + 4, ISS + 1), (ISS + 4, ISS + 4)):
        patterns, segment = speech.levelled((Pattern("A", seq=wanted),), arrival(got, 0).segment)
        assert patterns[0].matches(segment)
    patterns, segment = speech.levelled((Pattern("A", seq=ISS + 4),), arrival(ISS + 5, 0).segment)
    assert not patterns[0].matches(segment)


def test_fin_waits_for_a_case_that_wants_it() -> None:
    """The service closes after the peer; its FIN is left out, not acknowledged, and can be had."""
    speech, numbers = opened()
    fin = arrival(ISS + 1, PEER_ISS + 2, ACK | FIN)
    speech.peer_sends(Segment(40000, 7, PEER_ISS + 1, ISS + 1, ACK | FIN, 500), Seq(PEER_ISS + 2))
    seen = speech.heard(numbers, fin)
    assert seen is not None
    assert seen.segment.flags == ACK
    assert numbers.peer.rcv.nxt == Seq(ISS + 1)
    assert speech.released() is fin
    assert speech.heard(numbers, fin) is fin  # A retransmission, from now on the case's affair.


def test_text_asked_for_is_the_cases() -> None:
    """Seen whole, now and when it comes again; text of the service's own after it is not."""
    speech, numbers = opened()
    speech.ask(3, Seq(PEER_ISS + 4))
    assert speech.heard(numbers, arrival(ISS + 1, PEER_ISS + 4)) is None  # The prompt's bare ACK.
    asked = arrival(ISS + 1, PEER_ISS + 4, ACK | PSH, b"abc")
    assert speech.heard(numbers, asked) is asked
    assert speech.heard(numbers, asked) is asked
    assert speech.heard(numbers, arrival(ISS + 4, PEER_ISS + 4, ACK | PSH, b"more")) is None
    assert speech.unread == b"more"


def test_text_is_read_once_and_in_order() -> None:
    """Two echoes and a repetition that goes beyond the first; every octet once."""
    speech, numbers = opened()
    for begin, text in ((1, b"abc"), (4, b"de"), (1, b"abcdefg")):
        speech.heard(numbers, arrival(ISS + begin, PEER_ISS + 1, ACK, text))
    assert speech.unread == b"abcdefg"
    assert speech.covers(Seq(ISS + 1)) == Seq(ISS + 8)


def test_fin_of_its_own_is_no_service() -> None:
    """A FIN before the peer's is what the target did; the case sees it."""
    speech, numbers = opened()
    fin = arrival(ISS + 1, PEER_ISS + 1, ACK | FIN)
    assert speech.heard(numbers, fin) is fin


def test_reset_is_never_taken_off() -> None:
    """Nor is a SYN,ACK, nor an ACK that carries nothing."""
    speech, numbers = opened()
    for flags in (RST, RST | ACK, SYN | ACK, ACK):
        segment = arrival(ISS + 1, PEER_ISS + 1, flags)
        assert speech.heard(numbers, segment) is segment


def test_reasons() -> None:
    """What a reason says that it takes can be read from it; other texts say nothing."""
    assert what_it_takes(lacks("a close call", "no agent: makes it")) == "a close call"
    assert what_it_takes("the agent does not know send()") is None
    assert what_it_takes("needs more time") is None
