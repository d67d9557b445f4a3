"""What `fuzz` does with its options: a campaign, its reports, an exit code."""

from __future__ import annotations

import json
import secrets
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from tcpassay.cli.fuzz_alone import run_alone
from tcpassay.cli.fuzz_events import Joined
from tcpassay.cli.guard import INTERNAL_FAULT, INTERRUPTED, TERMINATED
from tcpassay.cli.output import progress_console, result_console
from tcpassay.conformance.expectations import load_expectations
from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.campaign.engine import CAMPAIGN_MODE, Settings, run
from tcpassay.fuzz.campaign.parts import Mode
from tcpassay.fuzz.campaign.store import CAMPAIGN_FILE, read_identity
from tcpassay.reports.files import default_folder, require_writable, write_text
from tcpassay.reports.fuzz_console import show_campaign
from tcpassay.reports.fuzz_progress import FuzzProgress
from tcpassay.reports.fuzz_record import fuzz_json
from tcpassay.reports.wording import describe
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.reports.fuzz_record import FuzzRecord
    from tcpassay.targets.contract import IpVersion, Target

#: Who makes the cases: this project's own sources, or boofuzz.
Engine = Literal["native", "boofuzz"]

#: A finding that no expectation explains.
FOUND = 1
_SIGNALLED = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED}


class Request(NamedTuple):
    """The options of `tcpassay fuzz`."""

    target: str
    mode: Mode | None = None
    ip: IpVersion | None = None
    campaign: Path | None = None
    engine: Engine | None = None
    seed: int | None = None
    alone: int | None = None
    seconds: float | None = None
    cases: int | None = None
    jobs: int = 1
    web: int | None = None
    resume: bool = False
    differential: str | None = None
    out: Path | None = None
    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None


def carry_out(request: Request) -> int:
    """Run, report, and return the exit code. Raises TcpassayError."""
    for path, option in _files(request):
        if path is not None:
            require_writable(path, option)
    with ExitStack() as held:
        target = held.enter_context(closing(open_target(request.target)))
        if target.manifest.kind == "wire":
            msg = f"target {target.manifest.name} has no agent; fuzz needs one that makes calls"
            raise ConfigurationError(msg)
        if target.manifest.kind == "namespace":
            enter_user_namespace_if_needed()
        settings = _settings(request)
        if request.differential is not None:
            other = held.enter_context(closing(open_target(request.differential)))
            if other.manifest.name == target.manifest.name:
                raise ConfigurationError("--differential: name another target than the one fuzzed")
            if other.manifest.kind == "namespace":
                enter_user_namespace_if_needed()
            settings = settings._replace(differential=other)
        if request.alone is not None:
            return run_alone(target, settings, request.alone)
        record = _campaign(target, settings, request.target)
    show_campaign(result_console(), record, describe)
    _write(request, record)
    return exit_code(record)


def exit_code(record: FuzzRecord) -> int:
    """What the process ends with."""
    if record.interrupted:
        return _SIGNALLED[record.interrupted]
    if record.lost:
        return INTERNAL_FAULT
    return FOUND if record.unexplained else 0


def _campaign(target: Target, settings: Settings, named: str) -> FuzzRecord:
    reasons = {
        entry.case: entry.reason for entry in load_expectations(target.manifest.folder).entries
    }
    with FuzzProgress(progress_console()) as progress:
        joined = Joined(progress, reasons, named)
        run(target, settings, joined)
    return joined.record


def _settings(request: Request) -> Settings:
    if request.resume and request.out is None:
        raise ConfigurationError("--resume goes on with the campaign of a folder: give --out DIR")
    folder = request.out or default_folder(datetime.now(UTC))
    seed = request.seed
    if seed is None and request.alone is not None and request.out is None:
        raise ConfigurationError(
            "--alone: which campaign's case? give its --seed, or its --out DIR"
        )
    mode, ip, campaign = _mode(request), request.ip, request.campaign
    if request.resume or (request.alone is not None and (folder / CAMPAIGN_FILE).exists()):
        # What is not named is as it was.
        was = read_identity(folder)
        seed = was.seed if seed is None else seed
        ip = ip or (6 if was.ip == 6 else 4)
        if mode is None and campaign is None:
            named = was.mode.removeprefix(CAMPAIGN_MODE)
            if named != was.mode:
                campaign = Path(named)
            else:
                mode = next((each for each in get_args(Mode) if each == was.mode), None)
    if request.web is not None and (mode != "boofuzz" or request.jobs > 1):
        raise ConfigurationError("--web shows a session of --engine boofuzz, with --jobs 1")
    return Settings(
        folder,
        secrets.randbits(32) if seed is None else seed,
        mode=mode or "all",
        campaign=campaign,
        ip=ip or 4,
        cases=request.cases,
        seconds=request.seconds,
        jobs=request.jobs,
        resume=request.resume,
        web=request.web,
    )


def _mode(request: Request) -> Mode | None:
    """Which cases are asked for; None for what is not said."""
    if request.engine is None:
        return request.mode
    if request.engine == "native":
        return request.mode or "all"
    if request.mode is not None or request.campaign is not None:
        raise ConfigurationError(
            "--engine boofuzz makes all cases; leave out --mode and --campaign"
        )
    return "boofuzz"


def _files(request: Request) -> tuple[tuple[Path | None, str], ...]:
    return (request.json, "--json"), (request.junit, "--junit"), (request.html, "--html")


def _write(request: Request, record: FuzzRecord) -> None:
    if request.json is not None:
        text = json.dumps(fuzz_json(record), indent=1, ensure_ascii=False)
        write_text(request.json, text + "\n")
    if request.junit is not None:
        from tcpassay.reports.junit import write_fuzz_junit

        write_fuzz_junit(request.junit, record, describe)
    if request.html is not None:
        from tcpassay.reports.fuzz_html import write_fuzz_html

        write_fuzz_html(request.html, record, describe)
