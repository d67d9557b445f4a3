"""Renderings of boofuzz's as cases: what differs is edited, all else is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.boofuzz_front.relative import case_of, edited, rendering
from tcpassay.fuzz.cases.steps import Send
from tcpassay.fuzz.sources.places import PLACES
from tcpassay.wire import ACK, FIN, PSH, SYN, MaximumSegmentSize, Timestamps, UnreadableOptions

if TYPE_CHECKING:
    from tcpassay.fuzz.sources.places import Place

RIGHT = Send(0, ACK, 1, 1, data=10)
BY_NAME = {place.name: place for place in PLACES}


def test_nothing_is_the_right_segment() -> None:
    """An empty rendering; nothing is changed."""
    assert edited(RIGHT, []) == RIGHT


def test_numbers_are_added_and_fields_replaced() -> None:
    """One of each; sequence and acknowledgement numbers wrap at 2^32."""
    rendered = rendering(
        "segment",
        [
            ("flags", bytes((FIN,))),
            ("seq", b"\xff\xff\xff\xfe"),
            ("ack", b"\0\0\0\x02"),
            ("window", b"\0\x07"),
            ("urgent", b"\0\x05"),
            ("size", b"\0\x03"),
            ("ttl", b"\x01"),
        ],
    )
    assert rendered.startswith(b"segment flags=01 seq=fffffffe ack=00000002 ")
    wrong = edited(RIGHT, rendered.decode().split()[1:])
    assert wrong == Send(0, FIN, 0xFFFFFFFF, 3, 7, 3, (), 5, (("ttl", 1),))


def test_acknowledges_from_iss_where_nothing_is_acknowledged() -> None:
    """A SYN with an acknowledgement number; it counts from stack.iss."""
    assert edited(Send(0, SYN), ["ack=0000000a"]).ack == 10


def test_an_option_takes_the_place_of_its_kind() -> None:
    """Timestamps beside an MSS, edited; the MSS stays, in relative numbers."""
    right = RIGHT._replace(options=(MaximumSegmentSize(1460), Timestamps(8, 0)))
    wrong = edited(right, ["option-timestamps=080affffffff00000001"])
    assert wrong.options == (MaximumSegmentSize(1460), Timestamps(0xFFFFFFFF, 1))


def test_options_that_leave_no_room_stand_alone() -> None:
    """40 octets beside an MSS; the MSS gives way."""
    right = RIGHT._replace(options=(MaximumSegmentSize(1460),))
    wrong = edited(right, ["option-list=" + "ff" * 40])
    assert wrong.options == (UnreadableOptions(b"\xff" * 40),)


@pytest.mark.parametrize("part", ["sequence=00", "seq=0g", "seq"])
def test_refuses_what_is_no_part(part: str) -> None:
    """An unknown name, no number, nothing; ValueError."""
    with pytest.raises(ValueError, match=r"unknown part 'sequence'|hexadecimal|no value"):
        edited(RIGHT, [part])


def test_a_case_goes_on_behind_the_segment() -> None:
    """ESTABLISHED; the wrong segment stands behind the way there, a right one behind it."""
    place = BY_NAME["ESTABLISHED"]
    case = case_of("ESTABLISHED->segment:[segment.flags:3]", b"segment flags=03")
    at = len(place.steps)
    assert case.origin == "boofuzz/ESTABLISHED->segment:[flags:3]"
    assert case.steps[:at] == place.steps
    assert case.steps[at] == place.base("text")._replace(flags=3)
    assert case.steps[at + 1 :] == (*place.follow(), *place.end("close"))


def test_segments_that_may_come_at_any_time() -> None:
    """A reset in LISTEN, its number edited; two names in its origin."""
    place = BY_NAME["LISTEN"]
    case = case_of("LISTEN->RST:[RST.seq:11, RST.size:1]", b"RST seq=00000001 size=0002")
    assert case.origin == "boofuzz/LISTEN->RST:[seq:11, size:1]"
    assert case.steps[len(place.steps)] == place.base("RST")._replace(seq=1, data=2)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_place_has_a_segment_that_is_due(place: Place) -> None:
    """SYN where a connection begins, FIN once more in TIME-WAIT, text where there may be text."""
    step = case_of(f"{place.name}->segment:[]", b"segment").steps[len(place.steps)]
    wanted = {"LISTEN": SYN, "CLOSED": SYN, "SYN-SENT": SYN | ACK, "TIME-WAIT": FIN | ACK}
    silent = {"CLOSE-WAIT", "CLOSING", "LAST-ACK"}
    assert isinstance(step, Send)
    flags = wanted.get(place.state, ACK if place.state in silent else PSH | ACK)
    assert step.flags == flags
    assert bool(step.data) == (flags == PSH | ACK)
