"""A campaign in a process of its own, for tests that kill it: `python campaign_process.py ...`.

Each case that is begun is told of in a file of the test's, and by whom.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.fuzz.campaign.engine import Settings, run
from tcpassay.fuzz.campaign.happenings import Counted, Found
from tcpassay.fuzz.campaign.worker import Worker
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import load, open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.fuzz.campaign.worker import Order
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.targets.contract import Target


def main() -> int:
    """Run it to its end; 130 and 143 after a signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--target", default="reference")
    parser.add_argument("--mutant")
    parser.add_argument("--mode", default="sweep")
    parser.add_argument("--cases", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--dies-at", type=int, help="the process that plays this case ends")
    options = parser.parse_args()
    _watch(options.log, options.dies_at)
    target = _target(options.target, options.mutant)
    settings = Settings(
        options.folder,
        options.seed,
        mode=options.mode,
        cases=options.cases,
        jobs=options.jobs,
        resume=options.resume,
    )
    try:
        ended = run(target, settings, _print)
    finally:
        target.close()
    return {None: 0, "SIGINT": 130, "SIGTERM": 143}[ended.interrupted]


def _target(name: str, mutant: str | None) -> Target:
    if mutant is None:
        return open_target(name)
    (found,) = [each for each in load_mutants() if each.name == mutant]
    return found.target(load(found.base))


def _print(event: Happening) -> None:
    if isinstance(event, Found):
        sys.stdout.write(f"found {event.finding.number} {event.finding.key}\n")
    elif isinstance(event, Counted):
        sys.stdout.write(f"counted {event.cases}\n")
    else:
        sys.stdout.write(f"{type(event).__name__.lower()} {event}\n")
    sys.stdout.flush()


def _watch(log: Path, dies_at: int | None) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    cases: Callable[[Worker, Order], Iterator[tuple[int, FuzzCase]]] = Worker._cases

    def told(worker: Worker, order: Order) -> Iterator[tuple[int, FuzzCase]]:
        for number, case in cases(worker, order):
            os.write(descriptor, f"{os.getpid()} {number}\n".encode())
            if number == dies_at:
                os._exit(9)
            yield number, case

    Worker._cases = told  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    raise SystemExit(main())
