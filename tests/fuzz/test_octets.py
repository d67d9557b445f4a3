"""Segments of steps as octets: the short way against the one that builds whatever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.fuzz.cases.flawed import any_segment_octets
from tcpassay.fuzz.cases.octets import Ends, learn_options, segment_octets
from tcpassay.fuzz.cases.steps import LearnedCookie, Send
from tcpassay.fuzz.sources.right import ODD_SYN_OPTIONS, SYN_OPTIONS
from tcpassay.fuzz.sources.wrong import ODD_OPTIONS
from tcpassay.wire import (
    NOP,
    BuildError,
    Datagram,
    FastOpen,
    Sack,
    Segment,
    Timestamps,
    UnreadableOptions,
    build,
    parse,
)

if TYPE_CHECKING:
    from tcpassay.wire import Option

_NUMBERS = st.integers(-(1 << 33), 1 << 33)
_STAMPED = st.builds(lambda a, b: (NOP, NOP, Timestamps(a, b)), _NUMBERS, _NUMBERS)
_OTHER = st.sampled_from((*SYN_OPTIONS, *ODD_SYN_OPTIONS, *ODD_OPTIONS))
_RELATIVE = st.sampled_from(((NOP, NOP, Sack(((5, 90),))), (LearnedCookie(3),), ()))
_SENDS = st.builds(
    Send,
    flags=st.integers(0, 0x1FF),
    seq=_NUMBERS,
    ack=st.none() | _NUMBERS,
    window=st.integers(0, 0xFFFF),
    data=st.sampled_from((0, 1, 2, 3, 250, 251, 252, 1_460, 40_000)) | st.integers(0, 2_000),
    options=_STAMPED | _OTHER | _RELATIVE,
    urgent=st.integers(0, 0xFFFF),
)


def _ends(iss: int, stamp: int, *, six: bool = False) -> Ends:
    hosts = ("2001:db8::1", "2001:db8::2") if six else ("192.0.2.1", "192.0.2.2")
    ends = Ends((hosts[0], 8_000), (hosts[1], 20_000), iss, stamp)
    ends.stack_iss, ends.stack_stamp, ends.cookie = stamp ^ 0x5A5A5A5A, iss, b"12345678"
    return ends


@given(_SENDS, st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_the_short_way_gives_the_same_octets(send: Send, iss: int, stamp: int, six: bool) -> None:
    """Octet by octet, checksums included, what the builder makes of the same step."""
    ends = _ends(iss, stamp, six=six)
    assert segment_octets(send, ends) == any_segment_octets(send, ends)
    ends.local = ends.local[0], 49_152
    assert segment_octets(send, ends) == any_segment_octets(send, ends)
    body = parse(segment_octets(send, ends), strict=False).body
    assert isinstance(body, Segment)
    assert (body.dport, body.checksum) == (49_152, None)


@pytest.mark.parametrize(
    "send",
    [Send(window=65_536), Send(window=-1), Send(urgent=65_536), Send(flags=512), Send(data=65_500)],
)
def test_what_does_not_fit_is_refused(send: Send) -> None:
    """A value that its field cannot hold is a BuildError, as it is of the builder."""
    with pytest.raises(BuildError):
        segment_octets(send, _ends(1, 2))


@given(
    st.sampled_from(
        (*SYN_OPTIONS, *ODD_SYN_OPTIONS, (NOP, NOP, Timestamps(7, 9)), (Timestamps(7, 9), NOP, NOP))
    )
    | st.binary(min_size=1, max_size=40).map(lambda octets: (UnreadableOptions(octets),)),
    st.binary(max_size=30),
    st.integers(0, 45),
)
def test_what_is_learned_is_what_is_parsed(
    options: tuple[Option, ...], text: bytes, cut: int
) -> None:
    """Timestamp and cookie of a segment, whole or cut short, as the parser reads them."""
    segment = Segment(8_000, 20_000, 5, 6, 16, 100, options=options, payload=text)
    octets = build(Datagram.between("192.0.2.1", "192.0.2.2", segment))
    octets = octets[: max(40, len(octets) - cut)]
    ends, body = _ends(1, 2), parse(octets).body
    assert isinstance(body, Segment)
    stamps = [option.tsval for option in body.options if isinstance(option, Timestamps)]
    cookies = [each.cookie for each in body.options if isinstance(each, FastOpen) and each.cookie]
    learn_options(octets, ends)
    assert ends.stack_stamp == [1, *stamps][-1]
    assert ends.cookie == [b"12345678", *cookies][-1]
