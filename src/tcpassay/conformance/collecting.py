"""Python's search for garbage, kept out of the way of a run."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Objects made until Python looks for garbage, and of how many such looks one goes further. Traces
#: are large and live long: with its usual 700, 10 and 10 a fifth of a run's time goes into looking
#: through them, and a reader waits meanwhile.
COLLECT_AFTER = (100_000, 50, 100)


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for garbage seldom, and not at all in what is there already; processes forked within
    do the same.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
