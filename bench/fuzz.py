"""Cases a second of the fuzzer on one processor, every case judged, beside a loop that only plays.

A case has ten segments behind its handshake. Rounds of both take turns, so that a machine that is
slower for a while is so for both. The usual mix ends lwIP now and then (docs/findings.md), and has
a finding in every fourth case: what such a stack does while it lives is measured by segments that a
right peer sends.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fuzz_memory import short_memory
from bench.measure import Figure
from tcpassay.conformance.preflight import preflight
from tcpassay.conformance.processor import on_one_processor
from tcpassay.core.errors import TcpassayError
from tcpassay.fuzz.campaign.engine import Cases, Settings, run
from tcpassay.fuzz.campaign.happenings import Counted
from tcpassay.fuzz.campaign.parts import guided
from tcpassay.fuzz.campaign.schedule import Schedule, Share
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.sources import STAY
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.fuzz.sources.sequence import Steady
    from tcpassay.targets.contract import Stack, Target

TARGETS = ("reference", "linux", "lwip", "lwip-asan")
#: Those that the usual mix ends.
FRAIL = frozenset({"lwip", "lwip-asan"})
#: Stays of a round, and rounds.
STAYS, ROUNDS = 4, 3


def figures() -> Iterator[Figure]:
    """Cases a second of a campaign with its state on disk, as a share of the bare loop's."""
    for name in TARGETS:
        try:
            with closing(open_target(name)) as target, on_one_processor():
                if target.manifest.kind == "namespace":
                    enter_user_namespace_if_needed()
                preflight(target, 4)
                if name in FRAIL:
                    yield from _rates(f"{name}, right segments", target, gentle=True)
                yield from _rates(name, target)
        except TcpassayError as error:
            yield Figure(f"{name}: not measured, {str(error)[:60]}", 0.0, "cases/s")
    yield from short_memory()


def _rates(name: str, target: Target, *, gentle: bool = False) -> Iterator[Figure]:
    bare, judged = [], []
    for number in range(ROUNDS):
        bare.append(_bare(target, Sequence.bench(number, gentle=gentle)))
        judged.append(_judged(target, Sequence.bench(number, gentle=gentle), number))
    only = statistics.median(bare)
    yield Figure(f"{name}: played only", only, "cases/s")
    rate = statistics.median(judged)
    yield Figure(f"{name}: every case judged", rate, "cases/s", rate / only, "played only")


def _bare(target: Target, source: Steady) -> float:
    """Cases a second that are made and played, a stack for each 256, and one for each that died."""
    began = time.perf_counter()
    for stay in range(STAYS):
        stack, player = _player(target, stay)
        for number in range(stay * STAY, (stay + 1) * STAY):
            if player.play(source.case(number), number).fault is not None:
                stack.close()
                stack, player = _player(target, stay)
        stack.close()
    return STAYS * STAY / (time.perf_counter() - began)


def _player(target: Target, stay: int) -> tuple[Stack, Player]:
    stack = target.start(StackOptions(seed=stay, spare=True))
    return stack, Player(stack, target.manifest, stay, 4)


def _judged(target: Target, source: Steady, seed: int) -> float:
    """Cases a second of a campaign from the same source, without what new findings cost once."""
    schedule = Schedule([Share(source, 1)])
    cases = Cases(schedule, guided(seed, target.manifest))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "out", seed, cases=STAYS * STAY)
        spent: list[float] = []

        def listener(event: Happening) -> None:
            if isinstance(event, Counted):
                spent.append(event.spent_s - event.replayed_s)

        run(target, settings, listener, cases)
    return STAYS * STAY / sum(spent)
