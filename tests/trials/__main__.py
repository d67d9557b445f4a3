"""`python -m tests.trials duel|fuzz`: the long forms, or one seed with its trace."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from tests.trials import campaign
from tests.trials.duel import try_seed
from tests.trials.fuzzing import BLOCK, try_block
from tests.trials.ladder import Ladder
from tests.trials.schedule import describe, draw


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 where a stack broke a rule."""
    parser = ArgumentParser(prog="python -m tests.trials", description=__doc__)
    trials = parser.add_subparsers(required=True)
    duel = trials.add_parser("duel", help="two stacks over bad links")
    duel.add_argument("--count", type=int, default=10_000, help="how many schedules")
    duel.set_defaults(run=run_duels)
    fuzz = trials.add_parser("fuzz", help="datagrams that are nearly right, in every state")
    fuzz.add_argument("--count", type=int, default=1_000_000, help="how many datagrams")
    fuzz.set_defaults(run=run_fuzzing)
    for trial in (duel, fuzz):
        trial.add_argument("--seed", type=int, help="replay this one, with its trace")
        trial.add_argument("--first", type=int, default=0, help="the first seed")
        trial.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processors")
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status


def say(*lines: object) -> None:
    """Lines on standard output."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


def run_duels(options: Namespace) -> int:
    """Many schedules, or one."""
    if options.seed is not None:
        return replay_duel(options.seed)
    seen = campaign.duels(range(options.first, options.first + options.count), options.jobs)
    say(*seen.broken, seen.summary())
    if seen.too_many_timed_out:
        say(f"too many given up: wanted at most 1 in {campaign.ONE_TIMED_OUT_IN:,}")
    return int(bool(seen.broken) or seen.too_many_timed_out)


def replay_duel(seed: int) -> int:
    """One schedule: what was drawn, every datagram and call, and how it ended."""
    ladder = Ladder()
    result = try_seed(seed, ladder)
    end = result if result.broken else f"seed {seed}: {result.outcome}"
    say(*describe(draw(seed)), *ladder.lines, end)
    return int(bool(result.broken))


def run_fuzzing(options: Namespace) -> int:
    """Many blocks, or one."""
    if options.seed is not None:
        return replay_block(options.seed)
    blocks = -(-options.count // BLOCK)
    seen = campaign.fuzzing(range(options.first, options.first + blocks), options.jobs)
    say(*seen.broken, seen.summary())
    grown = seen.growth > campaign.MOST_GROWTH
    if grown:
        say(f"memory grows: wanted at most {campaign.MOST_GROWTH:,} KiB")
    return int(bool(seen.broken) or grown)


def replay_block(seed: int) -> int:
    """One block: every datagram, call and wait."""
    trace: list[str] = []
    block = try_block(seed, trace)
    say(*trace, block if block.broken else f"block {seed}: every invariant holds")
    return int(bool(block.broken))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
