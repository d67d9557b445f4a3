"""boofuzz as a front end: cases a second on Linux, every one judged, and beside the native loop.

The same cases, of all places and fields, are run both ways by turns; processor time, and the best
of some rounds, since others may want the machine.
"""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bench.measure import Figure
from tcpassay.conformance.collecting import seldom_collecting
from tcpassay.conformance.processor import on_one_processor
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources import STAY
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.fuzz.boofuzz_front.front import Front
    from tcpassay.targets.contract import Target

#: Stays of each way, of which the quickest counts.
ROUNDS = 12
#: Cases a second that the issue wants on one core.
LEAST = 500.0


def figures() -> Iterator[Figure]:
    """The rate on Linux; what boofuzz leaves of the native loop's."""
    if find_spec("boofuzz") is None:
        yield Figure("boofuzz: not measured, the extra is not installed", 0.0, "cases/s")
        return
    if os.geteuid():
        yield Figure("boofuzz: not measured on linux, that takes root", 0.0, "cases/s")
        return
    from tcpassay.fuzz.boofuzz_front.front import Front

    target = open_target("linux")
    front = Front(2, target.manifest.capabilities)
    try:
        with on_one_processor(), seldom_collecting():
            through, native = _rates(target, front)
    finally:
        target.close()
    yield Figure("linux, through boofuzz", through, "cases/s", through / LEAST, "500", least=1.0)
    yield Figure(
        "linux, the same cases without it", native, "cases/s", through / native, "with", least=0.6
    )


def _rates(target: Target, front: Front) -> tuple[float, float]:
    judge = Judge(target.manifest, target.version())
    through = without = float("inf")
    for _ in range(ROUNDS):
        through = min(through, _spent(lambda: front.stay(target, judge, 1), front))
        without = min(without, _spent(lambda: Stay(target, judge, 1), front))
    return STAY / through, STAY / without


def _spent(begin: Callable[[], Stay], front: Front) -> float:
    """Seconds of processor time that a stay takes, with the making of its cases."""
    stride = front.source.singles // STAY
    numbers = range(stride // 2, stride * STAY, stride)
    stay = begin()
    begun = time.process_time()
    for _ in stay.run((number, front.source.case(number)) for number in numbers):
        pass
    spent = time.process_time() - begun
    stay.close()
    return spent
