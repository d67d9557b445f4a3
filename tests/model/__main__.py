"""`python -m tests.model`: exchanges at random judged by the oracle, or one with its trace."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser

from tcpassay.wire.notation import Notation
from tests.model.judging import try_seed
from tests.model.random_exchange import exchange
from tests.trials.campaign import results
from tests.trials.progress import Progress


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 where the oracle alarmed."""
    parser = ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many exchanges")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay this one, with its trace")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processors")
    options = parser.parse_args(arguments)
    if options.seed is not None:
        return replay(options.seed)
    return soak(range(options.first, options.first + options.count), options.jobs)


def soak(seeds: range, jobs: int) -> int:
    """Many, with progress on standard error."""
    progress = Progress("exchanges", len(seeds))
    alarms = entries = peak = 0
    with results(try_seed, seeds, jobs) as coming:
        for judged in coming:
            entries, peak = entries + judged.entries, max(peak, judged.peak)
            if judged.broken:
                alarms += 1
                sys.stdout.write(f"{judged}\n")
            progress.add(1, f", {alarms} alarms")
    sys.stdout.write(
        f"{len(seeds):,} exchanges, {entries:,} entries: {alarms} alarms, "
        f"at most {peak} hypotheses\n"
    )
    return int(bool(alarms))


def replay(seed: int) -> int:
    """One, with every datagram and call."""
    trace, _ = exchange(seed)
    judged = try_seed(seed)
    sys.stdout.writelines(f"{line}\n" for line in Notation().lines(trace))
    sys.stdout.writelines(f"{violation}\n" for violation in judged.violations)
    sys.stdout.write(f"seed {seed}: {len(judged.violations)} violations\n")
    return int(bool(judged.broken))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
