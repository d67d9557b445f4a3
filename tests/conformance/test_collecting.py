"""Garbage is looked for seldom within a run, and as before after it."""

from __future__ import annotations

import gc

import pytest

from tcpassay.conformance.collecting import COLLECT_AFTER, seldom_collecting


def test_thresholds_are_put_back() -> None:
    """Entered, and left by an error; the thresholds are others within, and the same after."""
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="over"), seldom_collecting():
        assert gc.get_threshold() == COLLECT_AFTER
        assert gc.get_freeze_count() > 0
        raise ValueError("over")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
