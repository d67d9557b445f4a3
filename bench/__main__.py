"""Run every benchmark, or the ones named: `python -m bench [codec|minimal_case ...]`."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHMARKS = ("codec", "minimal_case")


def main(names: list[str]) -> int:
    """Print the figures of each benchmark as it ends."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"bench: no benchmark {' '.join(sorted(unknown))}; there is {' '.join(BENCHMARKS)}")
        return 2
    for name in names or BENCHMARKS:
        print(f"-- {name}")
        for figure in import_module(f"bench.{name}").figures():
            print(f"  {figure}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
