"""`python -m tests.model`: exchanges at random judged by the oracle, or one with its trace."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

from tcpassay.wire.notation import Notation
from tests.model.duels import duel, try_duel
from tests.model.judging import try_seed
from tests.model.random_exchange import exchange
from tests.model.real_exchanges import RealExchanges, real_results
from tests.trials.campaign import results
from tests.trials.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tcpassay.core.trace import Trace
    from tests.model.judging import Judged

REFERENCE, DUEL = "reference", "duel"
#: How many exchanges a soak has, by target; a duel has two stacks of the reference.
MANY = {REFERENCE: 100_000, DUEL: 10_000, "linux": 10_000}


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 where the oracle alarmed."""
    parser = ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--target", default=REFERENCE, choices=tuple(MANY), help="with whom")
    parser.add_argument("--count", type=int, help="how many exchanges")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, with its trace")
    jobs = parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processors")
    jobs.help = "processors, where the clock is virtual"
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return replay(options.target, options.seed)
    count = MANY[options.target] if options.count is None else options.count
    seeds = range(options.first, options.first + count)
    attempts = {REFERENCE: try_seed, DUEL: try_duel}
    if options.target in attempts:
        return soak(results(attempts[options.target], seeds, options.jobs), len(seeds))
    return soak(real_results(options.target, seeds), len(seeds))


def soak(many: AbstractContextManager[Iterator[Judged]], count: int) -> int:
    """Many, with progress on standard error."""
    progress = Progress("exchanges", count)
    alarms = entries = peak = 0
    expected: Counter[str] = Counter()
    with many as coming:
        for judged in coming:
            entries, peak = entries + judged.entries, max(peak, judged.peak)
            expected += judged.expected
            if judged.broken:
                alarms += 1
                sys.stdout.write(f"{judged}\n")
                sys.stdout.flush()
            progress.add(1, f", {alarms} alarms")
    sys.stdout.writelines(f"expected {n:,} times: {what}\n" for what, n in expected.most_common())
    sys.stdout.write(
        f"{count:,} exchanges, {entries:,} entries: {alarms} alarms, at most {peak} hypotheses\n"
    )
    return int(bool(alarms))


def replay(target: str, seed: int) -> int:
    """One, with every datagram and call; of a duel as each side sees it."""
    traces, judged = _one(target, seed)
    for trace in traces:
        sys.stdout.writelines(f"{line}\n" for line in (f"# {trace.case}", *Notation().lines(trace)))
    sys.stdout.writelines(f"{violation}\n" for violation in judged.violations)
    sys.stdout.writelines(f"expected: {what}\n" for what in judged.expected)
    sys.stdout.write(f"seed {seed}: {len(judged.violations)} violations\n")
    return int(bool(judged.broken))


def _one(target: str, seed: int) -> tuple[list[Trace], Judged]:
    if target == REFERENCE:
        return [exchange(seed)[0]], try_seed(seed)
    if target == DUEL:
        return duel(seed)[0], try_duel(seed)
    with closing(RealExchanges(target)) as exchanges:
        happened = exchanges.happen(seed)
        return [happened.trace], exchanges.judge(seed, happened)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
