"""What a campaign tells of while it runs: values, from one thread, to whoever reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.fuzz.alarms import JudgeName, Key
    from tcpassay.fuzz.coverage import Triple


class Earlier(NamedTuple):
    """What earlier sessions of a campaign have brought. `again` counts alarms of known keys."""

    cases: int = 0
    accepted: int = 0
    alarmed: int = 0
    seconds: float = 0.0
    by_source: tuple[int, ...] = ()
    triples: frozenset[Triple] = frozenset()
    findings: tuple[Found, ...] = ()
    again: tuple[Again, ...] = ()


class Begun(NamedTuple):
    """The target lives. `sources` are names with totals (None: without end); `notes` say what had
    to be mended in the campaign's folder.
    """

    target: str
    version: str
    clock: str
    seed: int
    sources: tuple[tuple[str, int | None], ...]
    jobs: int
    folder: Path
    earlier: Earlier
    notes: tuple[str, ...]


class Counted(NamedTuple):
    """Cases run since the last such event, by one worker.

    `by_source` counts them a source; `played_s` is what the stack took of `spent_s`. `triples` are
    those seen for the first time, the newest in case `case`.
    """

    case: int
    cases: int
    accepted: int
    alarmed: int
    by_source: tuple[int, ...]
    played_s: float
    spent_s: float
    triples: tuple[Triple, ...]
    edges: int
    lines: int


class Found(NamedTuple):
    """A finding, or with `explained` the first example of what an expectation covers.

    `trace` lies in the campaign's folder; `steps` is the length of its case, `text` the case in
    notation, `origin` where it came from.
    """

    key: Key
    judge: JudgeName
    why: str
    allowed: str
    level: str
    case: int
    origin: str
    steps: int
    text: tuple[str, ...]
    trace: str
    explained: str


class Again(NamedTuple):
    """Alarms of keys that are known, so many of each; dropped ones did not come again alone."""

    stay: int
    keys: tuple[tuple[Key, int], ...]
    dropped: int


class WorkerLost(NamedTuple):
    """A process of the tester's has ended in the midst of a stay; another goes on at `case`."""

    worker: int
    case: int
    why: str
    skipped: bool


class Ended(NamedTuple):
    """The end of a session. `interrupted` names the signal that caused it."""

    seconds: float
    interrupted: str | None


Happening = Begun | Counted | Found | Again | WorkerLost | Ended
