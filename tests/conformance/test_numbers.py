"""RFC 9293's variables of both ends, as the wire shows them."""

from tcpassay.conformance.numbers import Numbers
from tcpassay.wire import Segment, flags_value

PEER, TARGET = 1000, 2**32 - 2


def segment(flags: str, seq: int, ack: int = 0, payload: bytes = b"", window: int = 500) -> Segment:
    return Segment(1, 2, seq % 2**32, ack, flags_value(flags), window, payload=payload)


def opened() -> Numbers:
    numbers = Numbers(PEER)
    numbers.sent(segment("S", PEER))
    numbers.arrived(segment("SA", TARGET, PEER + 1))
    numbers.sent(segment("A", PEER + 1, numbers.target.snd.nxt))
    return numbers


def test_handshake_sets_both_initial_numbers() -> None:
    numbers = opened()
    assert (numbers.target.iss, numbers.target.irs) == (TARGET, PEER)
    assert (numbers.peer.iss, numbers.peer.irs) == (PEER, TARGET)


def test_target_send_numbers_wrap() -> None:
    numbers = opened()
    numbers.arrived(segment("A", TARGET + 1, PEER + 1, payload=b"abc"))
    assert numbers.target.snd.nxt == 2
    assert numbers.peer.rcv.nxt == 2


def test_retransmission_moves_nothing() -> None:
    numbers = opened()
    for _ in range(2):
        numbers.arrived(segment("A", TARGET + 1, PEER + 1, payload=b"abc"))
    assert numbers.target.snd.nxt == 2


def test_data_out_of_order_leaves_a_hole() -> None:
    numbers = opened()
    numbers.arrived(segment("A", TARGET + 11, PEER + 1, payload=b"abc"))
    assert numbers.peer.rcv.nxt == (TARGET + 1) % 2**32


def test_acknowledgement_of_unsent_data_is_not_believed() -> None:
    numbers = opened()
    una = numbers.target.snd.una
    numbers.sent(segment("A", PEER + 1, numbers.target.snd.nxt + 1))
    assert numbers.target.snd.una == una


def test_reset_changes_no_number() -> None:
    numbers = opened()
    before = int(numbers.target.snd.nxt)
    numbers.arrived(segment("R", 77))
    assert numbers.target.snd.nxt == before


def test_what_no_window_reaches_was_not_sent_for_the_target() -> None:
    numbers = opened()
    numbers.sent(segment("S", PEER + 1 + 2**31))
    assert numbers.peer_sent_up_to == PEER + 1
