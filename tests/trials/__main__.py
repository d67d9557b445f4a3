"""`python -m tests.trials duel`: the long form, or one seed with its trace."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from tests.trials import campaign
from tests.trials.duel import try_seed
from tests.trials.ladder import Ladder
from tests.trials.schedule import describe, draw


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 where a stack broke a rule."""
    parser = ArgumentParser(prog="python -m tests.trials", description=__doc__)
    trials = parser.add_subparsers(required=True)
    duel = trials.add_parser("duel", help="two stacks over bad links")
    duel.add_argument("--seed", type=int, help="replay this schedule, with its trace")
    duel.add_argument("--first", type=int, default=0, help="the first seed")
    duel.add_argument("--count", type=int, default=10_000, help="how many schedules")
    duel.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processors to use")
    duel.set_defaults(run=run_duels)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


def run_duels(options: Namespace) -> int:
    """Many schedules, or one."""
    if options.seed is not None:
        return replay_duel(options.seed)
    seen = campaign.duels(range(options.first, options.first + options.count), options.jobs)
    sys.stdout.write(f"{seen.summary()}\n")
    sys.stdout.writelines(f"{result}\n" for result in seen.broken)
    if seen.too_many_timed_out:
        sys.stdout.write(f"too many given up: wanted 1 in {campaign.ONE_TIMED_OUT_IN:,}\n")
    return int(bool(seen.broken) or seen.too_many_timed_out)


def replay_duel(seed: int) -> int:
    """One schedule: what was drawn, every datagram and call, and how it ended."""
    ladder = Ladder()
    result = try_seed(seed, ladder)
    lines = (*describe(draw(seed)), *ladder.lines)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"{result if result.broken else f'seed {seed}: {result.outcome}'}\n")
    return int(bool(result.broken))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
