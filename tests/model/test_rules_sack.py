"""Blocks of SACK tell of what has come, and of nothing else (RFC 2018, 3 and 4)."""

from __future__ import annotations

import pytest

from tcpassay.model.oracle.hypothesis import Hypothesis, corrected
from tcpassay.model.rules.departure import reports
from tcpassay.model.rules.sack import blocks_of, never_came
from tcpassay.model.rules.text import MANY
from tcpassay.wire import ACK, Sack, Segment
from tests.model.conftest import OPEN

HOLED = OPEN._replace(held=((1010, 1020), (1030, 1040)))


def reporting(*blocks: tuple[int, int]) -> Segment:
    """An ACK of OPEN's with a SACK option."""
    return Segment(8, 7, OPEN.snd_nxt, OPEN.rcv_nxt, ACK, 400, options=(Sack(blocks),))


@pytest.mark.parametrize(
    "blocks",
    [
        ((1010, 1020),),
        ((1030, 1040), (1010, 1020)),
        ((1012, 1018), (1010, 1020)),
        ((990, 1000), (1010, 1020)),
        ((990, 995),),
    ],
)
def test_what_has_come_may_be_told(blocks: tuple[tuple[int, int], ...]) -> None:
    """Blocks above the hole, within them, and below RCV.NXT a repetition (RFC 2883)."""
    assert reports(HOLED, reporting(*blocks)) is None


def test_what_a_target_has_dropped_need_not_be_told() -> None:
    """A part of a range, and two that are apart: RFC 2018, 8 lets a target drop the rest."""
    assert reports(HOLED, reporting((1032, 1034), (1036, 1040), (1010, 1012))) is None


@pytest.mark.parametrize("fin", [999, 1020, 1100])
def test_behind_a_fin_blocks_may_hold_and_join_its_octet(fin: int) -> None:
    """A FIN taken, one above the hole, one that another has taken the place of."""
    ended = HOLED._replace(fin=fin)
    told = reporting((1100, 1101), (1010, 1021), (1030, 1050))
    assert reports(ended, told) is None
    came = ((1030, 1050), (1010, 1021), (1100, 1101))
    assert never_came(blocks_of(told.options), came) is None


def test_text_may_lie_where_a_fin_has_been_taken() -> None:
    """The peer has sent both to one place; the text behind the FIN is kept with its octet."""
    assert reports(OPEN._replace(fin=999), reporting((999, 1030))) is None


@pytest.mark.parametrize("fin", [999, 1020])
@pytest.mark.parametrize("blocks", [((1050, 1030),), ((990, 1000), (995, 999))])
def test_a_fin_excuses_no_block_turned_round_or_below(
    fin: int, blocks: tuple[tuple[int, int], ...]
) -> None:
    """A block that ends where it begins or before, a repetition told second."""
    refusal = reports(HOLED._replace(fin=fin), reporting(*blocks))
    assert refusal is not None
    assert refusal.clause == "RFC2018:4-BLOCK-EDGES"


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ((1010, 1030), True),
        ((1012, 1028), True),
        ((1010, 1031), False),
        ((1009, 1020), False),
        ((1015, 1045), False),
        ((1040, 1050), True),
        ((900, 950), False),
        ((-100_000, -50_000), False),
    ],
)
def test_each_octet_told_has_come_in_some_segment(block: tuple[int, int], told: bool) -> None:
    """Three segments, of which two overlap: an octet beside them, and what is between."""
    came = ((1010, 1020), (1040, 1050), (1018, 1030))
    assert (never_came((block,), came) is None) is told


@pytest.mark.parametrize(
    "blocks",
    [
        ((1010, 1021),),
        ((1009, 1020),),
        ((1010, 1040),),
        ((1020, 1010),),
        ((1010, 1020), (990, 1000)),
        ((1010, 1020), (1050, 1060)),
        ((1015, 1020), (1010, 1015)),
        ((1010, 1016), (1014, 1020)),
        ((1030, 1040), (1010, 1020), (1012, 1018)),
        ((1012, 1014), (1010, 1015), (1015, 1020)),
    ],
)
def test_what_has_not_come_may_not_be_told(blocks: tuple[tuple[int, int], ...]) -> None:
    """An octet too many on either side, a hole, a block turned round, a repetition told second;
    blocks that touch or overlap another, alone and behind a repetition.
    """
    refusal = reports(HOLED, reporting(*blocks))
    assert refusal is not None
    assert refusal.clause == "RFC2018:4-BLOCK-EDGES"


def test_the_newest_beside_more_than_there_is_room_for_may_touch_another() -> None:
    """RFC 2018, 8: it is reported even where it is going to be dropped."""
    pieces = tuple((at, at + 10) for at in range(1010, 1010 + 20 * (MANY + 1), 20))
    touching = reporting((1015, 1020), (1010, 1015))
    assert reports(OPEN._replace(held=pieces), touching) is None
    assert reports(OPEN._replace(held=pieces[:MANY]), touching) is not None


def test_blocks_of_all_options_are_read() -> None:
    """A lie in a second option."""
    honest, lie = Sack(((1010, 1020),)), Sack(((1050, 1060),))
    two = reporting()._replace(options=(honest, lie))
    assert blocks_of(two.options) == ((1010, 1020), (1050, 1060))
    assert reports(HOLED, two) is not None


def test_a_false_block_is_told_of_once() -> None:
    """The target knows what it has: what it tells counts from there on."""
    lie = reporting((1050, 1060))
    after = corrected(Hypothesis(HOLED), lie)
    assert reports(after.tcb, lie) is None
