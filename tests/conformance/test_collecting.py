"""Garbage is looked for seldom within a run, and as before after it."""

from __future__ import annotations

import gc

import pytest

from tcpassay.conformance.collecting import COLLECT_AFTER, seldom_collecting


def test_thresholds_are_put_back() -> None:
    """Entered, and left by an error; the thresholds are others within, and the same after."""
    before = gc.get_threshold()
    within = []

    def failing_run() -> None:
        with seldom_collecting():
            within.append((gc.get_threshold(), gc.get_freeze_count() > 0))
            raise ValueError("over")

    with pytest.raises(ValueError, match="over"):
        failing_run()
    assert within == [(COLLECT_AFTER, True)]
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
