"""Run every benchmark, or the ones named: `python -m bench [codec|bulk ...]`.

Ends with status 1 when a ratio lies outside its bounds. Absolute figures are printed only.
"""

from __future__ import annotations

import sys
from importlib import import_module

from bench.measure import machine

BENCHMARKS = (
    "codec", "agents", "bursts", "minimal_case", "bulk", "lossy", "cycles", "idle", "stages",
    "oracle", "fairness", "fuzz", "boofuzz", "report",
)  # fmt: skip
#: Those that take minutes, and root: only by name.
BY_NAME = ("fuzz_memory", "goodput")


def main(names: list[str]) -> int:
    """Print the figures of each benchmark as it ends."""
    known = BENCHMARKS + BY_NAME
    unknown = set(names) - set(known)
    if unknown:
        print(f"bench: no benchmark {' '.join(sorted(unknown))}; there is {' '.join(known)}")
        return 2
    print(machine())
    missed = 0
    for name in names or BENCHMARKS:
        module = import_module(f"bench.{name}")
        print(f"-- {name}: {(module.__doc__ or '').partition(chr(10))[0]}")
        for figure in module.figures():
            print(f"  {figure}", flush=True)
            missed += not figure.holds
    if missed:
        print(f"bench: {missed} ratios are not met")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
