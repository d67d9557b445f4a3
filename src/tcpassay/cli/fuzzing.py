"""What `fuzz` does with its options: a campaign, its reports, an exit code."""

from __future__ import annotations

import secrets
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.cli.fuzz_events import Joined
from tcpassay.cli.guard import INTERRUPTED, TERMINATED
from tcpassay.cli.output import progress_console, result_console
from tcpassay.fuzz.engine import Settings, run
from tcpassay.fuzz.store import read_identity
from tcpassay.reports.files import default_folder
from tcpassay.reports.fuzz_console import show_campaign
from tcpassay.reports.fuzz_progress import FuzzProgress
from tcpassay.reports.wording import describe
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.fuzz_record import FuzzRecord

#: A finding that no expectation explains.
FOUND = 1
_SIGNALLED = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED}


class Request(NamedTuple):
    """The options of `tcpassay fuzz`."""

    target: str
    seconds: float | None
    cases: int | None
    seed: int | None
    jobs: int
    out: Path | None
    resume: bool


def carry_out(request: Request) -> int:
    """Run, report, and return the exit code. Raises TcpassayError."""
    with closing(open_target(request.target)) as target:
        if target.manifest.kind == "namespace":
            enter_user_namespace_if_needed()
        folder = request.out or default_folder(datetime.now(UTC))
        seed = request.seed
        if seed is None:
            seed = read_identity(folder).seed if request.resume else secrets.randbits(32)
        settings = Settings(
            folder,
            seed,
            cases=request.cases,
            seconds=request.seconds,
            jobs=request.jobs,
            resume=request.resume,
        )
        with FuzzProgress(progress_console()) as progress:
            joined = Joined(progress)
            run(target, settings, joined)
    record = joined.record
    assert record is not None  # noqa: S101 - a campaign that has ended had begun
    show_campaign(result_console(), record, describe)
    return _exit_code(record)


def _exit_code(record: FuzzRecord) -> int:
    if record.interrupted:
        return _SIGNALLED[record.interrupted]
    return FOUND if record.unexplained else 0
