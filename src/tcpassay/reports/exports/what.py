"""What a trace file is about, in a few lines for a reader, whoever recorded it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.trace import Judgement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.wire.tracefile import TraceFile


class About(NamedTuple):
    """`title` says where a trace comes from, `verdict` what it shows, at entry `culprit`.

    `allowed` is what would have been right, where somebody has said so.
    """

    title: str
    verdict: str
    culprit: int | None
    allowed: str
    requirements: tuple[str, ...]


def about(file: TraceFile) -> About:
    """What a trace file says of itself."""
    named = file.info.get("requirements")
    requirements = tuple(str(each) for each in named) if isinstance(named, list | tuple) else ()
    kept = file.info.get("fuzz")
    if isinstance(kept, dict):
        return _finding(file, kept, requirements)
    message = str(file.info.get("message", ""))
    verdict = str(file.info.get("verdict", "no verdict"))
    return About(
        f"{file.case} on {file.target}, IPv{file.ip}",
        f"{verdict}: {message}" if message else verdict,
        _broken(file),
        "",
        requirements,
    )


def _finding(file: TraceFile, kept: Mapping[str, object], requirements: tuple[str, ...]) -> About:
    event = kept.get("event")
    why, level = str(kept.get("why", "")), str(kept.get("level", ""))
    return About(
        f"a finding on {file.target} ({kept.get('version', '')}), IPv{file.ip}: {file.case}",
        f"{why} ({', '.join(requirements)}, {level})",
        event if isinstance(event, int) else None,
        str(kept.get("allowed", "")),
        requirements,
    )


def _broken(file: TraceFile) -> int | None:
    """The entry that broke an expectation, else that of the expectation itself."""
    for event in reversed(file.events):
        data = event.data
        if isinstance(data, Judgement) and not data.met:
            return event.n if data.event is None else data.event
    return None
