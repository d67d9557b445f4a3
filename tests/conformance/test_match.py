"""Patterns: what counts as the segment wanted, and what a difference says."""

import pytest

from tcpassay.conformance.match import ANY, Between, Pattern, pattern_from
from tcpassay.core.seq import Seq
from tcpassay.core.trace import FieldDiff
from tcpassay.wire import MaximumSegmentSize, Segment, Timestamps, WindowScale, flags_value


def segment(flags: str = "A", **fields: object) -> Segment:
    base = {"sport": 1, "dport": 2, "seq": 100, "ack": 200, "window": 1000}
    return Segment(**(base | {"flags": flags_value(flags)} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "flags", "fields"),
    [
        (Pattern("A"), "A", {}),
        (Pattern("A"), "PA", {}),
        (Pattern("FA", seq=Seq(100)), "FA", {}),
        (Pattern(None, payload=ANY), "RA", {"payload": b"x"}),
        (Pattern("A", payload=3), "A", {"payload": b"abc"}),
        (Pattern("SA", mss=1460), "SA", {"options": (MaximumSegmentSize(1460),)}),
        (Pattern("SA", mss=None), "SA", {}),
        (Pattern("SA", scale=7), "SA", {"options": (WindowScale(7),)}),
        (Pattern("A", tsecr=9), "A", {"options": (Timestamps(8, 9),)}),
        (Pattern("A", scale=None, tsecr=None), "A", {}),
        (Pattern("A", ack=Between(199, 201)), "A", {}),
        (Pattern("A", seq=Between(2**32 - 10, 100)), "A", {}),
    ],
)
def test_matches(pattern: Pattern, flags: str, fields: dict[str, object]) -> None:
    assert pattern.diff(segment(flags, **fields)) == ()


@pytest.mark.parametrize(
    ("pattern", "flags", "fields", "field"),
    [
        (Pattern("A"), "RA", {}, "flags"),
        (Pattern("PA"), "A", {}, "flags"),
        (Pattern("A", seq=101), "A", {}, "seq"),
        (Pattern("A", ack=Between(201, 300)), "A", {}, "ack"),
        (Pattern("A", window=0), "A", {}, "window"),
        (Pattern("A"), "A", {"payload": b"x"}, "payload"),
        (Pattern("A", payload=b"abc"), "A", {"payload": b"abd"}, "payload[2]"),
        (Pattern("SA", mss=536), "SA", {}, "mss"),
        (Pattern("SA", scale=None), "SA", {"options": (WindowScale(7),)}, "scale"),
        (Pattern("A", tsecr=8), "A", {"options": (Timestamps(8, 9),)}, "tsecr"),
        (Pattern("A", tsecr=0), "A", {}, "tsecr"),
    ],
)
def test_names_the_field_that_differs(
    pattern: Pattern, flags: str, fields: dict[str, object], field: str
) -> None:
    diff = pattern.diff(segment(flags, **fields))
    assert [line.field for line in diff] == [field]


def test_difference_says_got_and_want() -> None:
    assert Pattern("R").diff(segment("A")) == (FieldDiff("flags", "A", "R"),)


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern("A", seq=Seq(5)),
        Pattern("SA", mss=None, tsecr=3, payload=ANY),
        Pattern(ack=Between(1, 9)),
    ],
)
def test_survives_the_way_through_a_trace(pattern: Pattern) -> None:
    assert pattern_from(pattern.as_want()).as_want() == pattern.as_want()
