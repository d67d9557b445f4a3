"""Blocks of SACK tell of what has come, and of nothing else (RFC 2018, 3 and 4)."""

from __future__ import annotations

import pytest

from tcpassay.model.oracle.hypothesis import Hypothesis, corrected
from tcpassay.model.rules.departure import reports
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


@pytest.mark.parametrize("fin", [999, 1020, 1100])
def test_behind_a_fin_blocks_may_hold_and_join_its_octet(fin: int) -> None:
    """A FIN taken, one above the hole, one that another has taken the place of."""
    ended = HOLED._replace(fin=fin)
    told = reporting((1100, 1101), (1010, 1021), (1030, 1050))
    assert reports(ended, told) is None


@pytest.mark.parametrize(
    "blocks",
    [
        ((1010, 1021),),
        ((1009, 1020),),
        ((1010, 1040),),
        ((1020, 1010),),
        ((1010, 1020), (990, 1000)),
        ((1010, 1020), (1050, 1060)),
    ],
)
def test_what_has_not_come_may_not_be_told(blocks: tuple[tuple[int, int], ...]) -> None:
    """An octet too many on either side, a hole, a block turned round, a repetition told second."""
    refusal = reports(HOLED, reporting(*blocks))
    assert refusal is not None
    assert refusal.clause == "RFC2018:4-BLOCK-EDGES"


def test_a_false_block_is_told_of_once() -> None:
    """The target knows what it has: what it tells counts from there on."""
    lie = reporting((1050, 1060))
    after = corrected(Hypothesis(HOLED), lie)
    assert reports(after.tcb, lie) is None
