"""The command that shows a case again: whichever report names it, it is the same one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.conformance.result import CaseResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.reports.outcomes import Outcome


def again(case: CaseResult | Outcome, named: Sequence[str], trace: str | Path | None = None) -> str:
    """Play `trace` on a fresh stack; without one, run the case once more.

    `named` are the words for the target: a name, a path, or --wire-only and what goes with it.
    """
    if trace is not None:
        return replay_command(trace, named)
    version = ("--ip", "6") if case.ip == 6 else ()
    return shlex.join(["tcpassay", "run", *named, *_chosen(case), *version])


def cases_command(ids: Sequence[str], named: Sequence[str], ip: int = 4) -> str:
    """Run some of the project's cases; `named` as above."""
    chosen = [word for each in ids for word in ("--case", each)]
    version = ("--ip", "6") if ip == 6 else ()
    return shlex.join(["tcpassay", "run", *named, *chosen, *version])


def replay_command(trace: str | Path, named: Sequence[str]) -> str:
    """Play `trace` on a fresh stack, also one that the fuzzer has kept; `named` as above."""
    target = named if named[0].startswith("--") else ("--target", *named)
    return shlex.join(["tcpassay", "replay", str(trace), *target])


def _chosen(case: CaseResult | Outcome) -> tuple[str, ...]:
    """The option that chooses a case.

    Entries of the oracle come of whole runs. A file that lies elsewhere than the project's cases
    is told by its absolute path, and only such a path has its cases loaded.
    """
    if case.of_oracle:
        return ()
    file = case.location.file if isinstance(case, CaseResult) else ""
    return ("--case", file if Path(file).is_absolute() else case.id)
