"""The record of a fuzzing campaign, version 1: what its reports are rendered from
(reports/schema/fuzz-v1.json).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import tcpassay
from tcpassay.reports.again import cases_command, replay_command

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.core.json_values import Json

FUZZ_SCHEMA: Final = 1


class SourceShare(NamedTuple):
    """How many cases of a source have run; `total` is None where there is no end of them."""

    name: str
    done: int
    total: int | None


class FuzzHint(NamedTuple):
    """A step of a case at which two targets differ, in words and in parts; no fault by itself."""

    case: int
    text: str
    step: int
    input: str
    answers: tuple[str, str]
    targets: tuple[str, str]
    said: tuple[str, str]


@dataclass(slots=True)
class FuzzFinding:
    """One finding, as its minimal case shows it. `key` is what alarms are told apart by; `trace`
    lies in the campaign's folder; `text` are the steps in notation; `times` counts the alarms with
    its key. `explained` is the glob of the expectation that covers it, `reason` what that says;
    `times` then counts all that it covers. `requirement` is what its smallest case tells of, and
    `others` what else it may be about; `symptom` is what the judge has named. `suite` are cases of
    the suite that find the requirement unmet on the target, over `ip`.
    """

    requirement: str
    state: str
    input: str
    answer: str
    judge: str
    level: str
    why: str
    allowed: str
    case: int
    origin: str
    steps: int
    text: tuple[str, ...]
    trace: str
    explained: str
    reason: str = ""
    key: tuple[str, ...] = ()
    times: int = 1
    others: tuple[str, ...] = ()
    symptom: str = ""
    suite: tuple[str, ...] = ()
    ip: int = 4

    @property
    def where(self) -> str:
        """State, what arrived, and what came of it."""
        return f"{self.state}, {self.input} -> {self.answer}"


@dataclass(slots=True)
class FuzzRecord:
    """A campaign as far as it is known; counts are of all its sessions.

    `seconds` and `session_cases` are of this session; `played_s` of `spent_s` went into playing
    cases, `replayed_s` into confirming findings and making them small, the rest into judging.
    `dropped` counts alarms that did not come again on a fresh stack. `last_new` is the case that
    brought the last new coverage. `named` is how the command line named the target, where known.
    """

    target: str
    version: str
    clock: str
    seed: int
    folder: Path
    jobs: int = 1
    sources: list[SourceShare] = field(default_factory=list)
    cases: int = 0
    accepted: int = 0
    alarmed: int = 0
    session_cases: int = 0
    seconds: float = 0.0
    earlier_s: float = 0.0
    played_s: float = 0.0
    spent_s: float = 0.0
    replayed_s: float = 0.0
    states: int = 0
    triples: int = 0
    edges: int = 0
    lines: int = 0
    last_new: int | None = None
    findings: list[FuzzFinding] = field(default_factory=list)
    hints: list[FuzzHint] = field(default_factory=list)
    dropped: int = 0
    lost: list[str] = field(default_factory=list)
    interrupted: str | None = None
    complete: bool = False
    named: str = ""

    @property
    def unexplained(self) -> list[FuzzFinding]:
        """Findings that no entry of the expectations covers."""
        return [finding for finding in self.findings if not finding.explained]

    @property
    def rate(self) -> float:
        """Cases a second in this session; 0 before any."""
        return self.session_cases / self.seconds if self.seconds else 0.0

    @property
    def bare_share(self) -> float:
        """The rate as a share of what it would be without judging; 0 where nothing was played.

        What findings cost is left out: it is paid once.
        """
        judged_s = self.spent_s - self.replayed_s
        return min(1.0, self.played_s / judged_s) if judged_s > 0 else 0.0

    @property
    def accepted_share(self) -> float:
        """The share of cases that tier one has accepted."""
        return self.accepted / self.cases if self.cases else 0.0


def replay_words(record: FuzzRecord, finding: FuzzFinding) -> str:
    """The command that plays a finding again."""
    return replay_command(record.folder / finding.trace, [record.named or record.target])


def suite_words(record: FuzzRecord, finding: FuzzFinding) -> str:
    """The command that runs the suite's cases which show the same; empty where none does."""
    if not finding.suite:
        return ""
    return cases_command(finding.suite, [record.named or record.target], finding.ip)


def fuzz_json(record: FuzzRecord) -> dict[str, Json]:
    """The whole record, as `--json` writes it."""
    return {
        "schema": FUZZ_SCHEMA,
        "tool": {"name": "tcpassay", "version": tcpassay.__version__},
        "target": {
            "name": record.target, "version": record.version, "clock": record.clock,
        },
        "seed": record.seed,
        "folder": str(record.folder),
        "jobs": record.jobs,
        "sources": [
            {"name": source.name, "done": source.done, "total": source.total}
            for source in record.sources
        ],
        "cases": record.cases,
        "accepted": record.accepted,
        "alarmed": record.alarmed,
        "dropped": record.dropped,
        "session": {
            "cases": record.session_cases,
            "seconds": round(record.seconds, 3),
            "rate": round(record.rate, 1),
            "share_of_bare_rate": round(record.bare_share, 3),
            "replaying": round(record.replayed_s, 3),
            "lost_workers": list(record.lost),
            "interrupted": record.interrupted,
        },
        "seconds": round(record.seconds + record.earlier_s, 3),
        "coverage": {
            "states": record.states,
            "triples": record.triples,
            "edges": record.edges,
            "lines": record.lines,
            "last_new": record.last_new,
        },
        "findings": [_finding_json(record, finding) for finding in record.findings],
        "hints": [
            {
                "case": hint.case, "step": hint.step, "input": hint.input,
                "targets": list(hint.targets), "answers": list(hint.answers),
                "said": list(hint.said),
            }
            for hint in record.hints
        ],
        "complete": record.complete,
    }  # fmt: skip


def _finding_json(record: FuzzRecord, finding: FuzzFinding) -> dict[str, Json]:
    return {
        "requirement": finding.requirement,
        "others": list(finding.others),
        "symptom": finding.symptom or finding.requirement,
        "state": finding.state,
        "input": finding.input,
        "answer": finding.answer,
        "judge": finding.judge,
        "level": finding.level,
        "why": finding.why,
        "allowed": finding.allowed,
        "case": finding.case,
        "origin": finding.origin,
        "steps": finding.steps,
        "text": list(finding.text),
        "trace": finding.trace,
        "explained": finding.explained or None,
        "reason": finding.reason,
        "times": finding.times,
        "replay": replay_words(record, finding),
        "suite": list(finding.suite),
    }
