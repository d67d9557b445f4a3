"""What a campaign tells of while it runs: values, from one thread, to whoever reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.campaign.coverage import Seen

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.fuzz.alarms import Key
    from tcpassay.fuzz.finding.kept import Finding
    from tcpassay.fuzz.judges.differential import Hint
    from tcpassay.fuzz.sources.entries import Entry


class Earlier(NamedTuple):
    """What earlier sessions of a campaign have brought. `again` counts alarms of known keys."""

    cases: int = 0
    accepted: int = 0
    alarmed: int = 0
    seconds: float = 0.0
    by_source: tuple[int, ...] = ()
    seen: Seen = Seen()
    last_new: int | None = None
    findings: tuple[Found, ...] = ()
    again: tuple[Again, ...] = ()


class Reading(NamedTuple):
    """What so many cases of earlier sessions have found is read, before Begun."""

    cases: int


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
    """Cases run since the last such event, by one worker; the last of them was `case`.

    `by_source` counts them a source; `played_s` is what the stack took of `spent_s`,
    `replayed_s` what went into alarms: confirming and minimising what is new. `entries` are
    what is new in them, as far as the worker may know.
    """

    case: int
    cases: int
    accepted: int
    alarmed: int
    by_source: tuple[int, ...]
    played_s: float
    spent_s: float
    replayed_s: float
    entries: tuple[Entry, ...]


class Found(NamedTuple):
    """A finding, or the first example of what an entry of the expectations explains. Its trace
    file lies in the campaign's folder.
    """

    finding: Finding
    trace: str


class Again(NamedTuple):
    """Alarms that are findings already, so many of each key; explained ones by the entry's glob;
    `dropped` ones did not come again alone.
    """

    stay: int
    keys: tuple[tuple[Key, int], ...]
    explained: tuple[tuple[str, int], ...]
    dropped: int


class Hinted(NamedTuple):
    """Two targets differ in a case, as they did not before; told once for each such difference."""

    case: int
    hint: Hint


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


Happening = Reading | Begun | Counted | Found | Again | Hinted | WorkerLost | Ended
