"""Memory goes back to the system once nobody needs it any more."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest

from tcpassay.core.memory import give_back


def resident() -> int:
    """Octets of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_what_was_needed_for_a_while_goes_back() -> None:
    """Rings that hold 60 MB between others that stay; most of it is given back."""
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        rings = []
        for number in range(30_000):
            ring: list[object] = [bytes(1_000 + number % 2_000)]
            ring.append(ring)
            rings.append(ring)
        kept = rings[::100]
        held = resident()
        del rings, ring
        give_back()
        assert held - resident() > 30_000_000
        assert len(kept) == 300
    finally:
        gc.set_threshold(*before)
