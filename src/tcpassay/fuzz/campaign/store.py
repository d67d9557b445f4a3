"""The folder of a campaign: everything that is known when the tester is killed at any moment.

campaign.json       target, version, seed, sources, material: what makes its cases what they are
progress            how far each stay is, written after every case
coverage.jsonl      what was seen for the first time, and in which case
corpus.jsonl        cases that brought something new
findings.jsonl      findings, then how often each came again
findings/*.json     a trace each
hints.jsonl         where another target does otherwise (--differential)
sessions.jsonl      how long each session took, and how it ended
suite.json          what the conformance suite finds on the target, asked in this session

What a case has brought is written before it counts as done. So a case in flight when the tester is
killed is run again, and everything else is neither lost nor run twice.
"""

from __future__ import annotations

import fcntl
import json
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.core.whole import write_whole
from tcpassay.fuzz.campaign.lines import Lines, read_lines, torn_at_end
from tcpassay.fuzz.campaign.stays_file import StaysFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Of the folder's files. Another version is refused.
STORE_SCHEMA: Final = 1
CAMPAIGN_FILE: Final = "campaign.json"
CORPUS_FILE: Final = "corpus.jsonl"
PROGRESS_FILE: Final = "progress"
FINDINGS_FOLDER: Final = "findings"
SUITE_FILE: Final = "suite.json"
_LINES = ("coverage", "corpus", "findings", "hints", "sessions")
#: Those that are read at once; a corpus may be long, and is read entry by entry.
_READ = ("coverage", "findings", "sessions")
#: Seconds in which the workers of a tester that was killed have ended too.
_LEAVING_S = 3.0


class Identity(NamedTuple):
    """What makes the cases of a campaign what they are. `sources` are names with shares."""

    target: str
    version: str
    seed: int
    mode: str
    ip: int
    sources: tuple[str, ...]
    material: Mapping[str, str]


class Store:
    """The folder while a campaign writes to it; nobody else does. Close it at the end."""

    def __init__(self, folder: Path, *, new: bool) -> None:
        """Take the folder. `Store.begin` and `Store.resume` are the ways to here."""
        self.folder = folder
        self.notes: list[str] = []
        try:
            self.stays = StaysFile(folder / PROGRESS_FILE, new=new)
            self._lock()
            for name in _LINES:
                self._mend(name)
            self.earlier: dict[str, list[Json]] = {name: self._read(name) for name in _READ}
            self._files = {name: Lines(folder / f"{name}.jsonl") for name in _LINES}
            (folder / FINDINGS_FOLDER).mkdir(exist_ok=True)
        except OSError as error:
            msg = f"{folder}: cannot write the campaign here ({error.strerror}); give --out DIR"
            raise ConfigurationError(msg) from error

    @classmethod
    def begin(cls, folder: Path, identity: Identity) -> Store:
        """A new campaign in a folder that is empty or made. Raises ConfigurationError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            strangers = _strangers(folder)
        except OSError as error:
            msg = f"{folder}: cannot write the campaign here ({error.strerror}); give --out DIR"
            raise ConfigurationError(msg) from error
        if (folder / CAMPAIGN_FILE).exists():
            msg = f"{folder}: holds a campaign; go on with it by --resume, or give another --out"
            raise ConfigurationError(msg)
        if strangers:
            msg = f"{folder}: holds files of something else ({strangers[0]}); give another --out"
            raise ConfigurationError(msg)
        store = cls(folder, new=not (folder / PROGRESS_FILE).exists())
        try:
            store.write(CAMPAIGN_FILE, (json.dumps(_as_json(identity), indent=1) + "\n").encode())
        except TcpassayError:
            store.close()
            raise
        return store

    @classmethod
    def resume(cls, folder: Path, identity: Identity) -> Store:
        """The campaign of a folder. Raises ConfigurationError where it is another one's."""
        recorded = read_identity(folder)
        _require_same(folder, recorded, identity)
        return cls(folder, new=False)

    def add(self, name: str, value: Json, *, sync: bool = False) -> None:
        """One line of "coverage", "corpus", "findings" or "sessions". Raises TcpassayError."""
        self._files[name].add(value, sync=sync)

    def write(self, relative: str, octets: bytes) -> None:
        """A file that is there whole or not at all, and on the disk. Raises TcpassayError."""

        def put(part: Path) -> None:
            part.write_bytes(octets)

        write_whole(self.folder / relative, put, lasting=True)

    def sync(self) -> None:
        """Everything onto the disk, what cases have brought first. Raises TcpassayError."""
        for name in ("coverage", "corpus", "findings"):
            self._files[name].sync()
        self.stays.sync()

    def close(self) -> None:
        """Let others have the folder; may be called twice."""
        for lines in self._files.values():
            lines.close()
        self.stays.close()

    def _lock(self) -> None:
        deadline = time.monotonic() + _LEAVING_S
        while True:
            try:
                fcntl.flock(self.stays.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.stays.close()
                    msg = f"{self.folder}: another tcpassay is at this campaign; wait for it"
                    raise ConfigurationError(msg) from None
                time.sleep(0.02)

    def _read(self, name: str) -> list[Json]:
        return read_lines(self.folder / f"{name}.jsonl").values

    def _mend(self, name: str) -> None:
        path = self.folder / f"{name}.jsonl"
        torn = torn_at_end(path, mend=True)
        if torn:
            self.notes.append(
                f"{path}: its last line was cut short ({torn} octets), and is dropped"
            )


def read_identity(folder: Path) -> Identity:
    """What campaign.json of a folder says. Raises ConfigurationError that names the file."""
    path = folder / CAMPAIGN_FILE
    try:
        form = mapping(json.loads(path.read_bytes()))
        if form["schema"] != STORE_SCHEMA:
            msg = f"{path}: schema {form['schema']!r}; this tcpassay reads schema {STORE_SCHEMA}"
            raise ConfigurationError(msg)
        return Identity(
            str(form["target"]),
            str(form["version"]),
            whole_number(form["seed"]),
            str(form["mode"]),
            whole_number(form["ip"]),
            tuple(str(source) for source in array(form["sources"])),
            {name: str(digest) for name, digest in mapping(form["material"]).items()},
        )
    except FileNotFoundError:
        msg = f"{folder}: no campaign to go on with (no {CAMPAIGN_FILE}); leave out --resume"
        raise ConfigurationError(msg) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path}: not a campaign of tcpassay ({type(error).__name__}: {error})"
        raise ConfigurationError(msg) from None


def _strangers(folder: Path) -> list[str]:
    """What lies in a folder and is not of a campaign that was killed before it had begun."""
    present = {path.name for path in folder.iterdir()}
    if not StaysFile.is_one(folder / PROGRESS_FILE):
        return sorted(present)
    files = {PROGRESS_FILE, CAMPAIGN_FILE, FINDINGS_FOLDER, *(f"{name}.jsonl" for name in _LINES)}
    return sorted(name for name in present - files if not name.endswith(".part"))


def _as_json(identity: Identity) -> dict[str, Json]:
    return {
        "schema": STORE_SCHEMA,
        "target": identity.target,
        "version": identity.version,
        "seed": identity.seed,
        "mode": identity.mode,
        "ip": identity.ip,
        "sources": list(identity.sources),
        "material": dict(identity.material),
    }


def _require_same(folder: Path, recorded: Identity, wanted: Identity) -> None:
    for name in ("target", "version", "seed", "mode", "ip", "sources"):
        was, now = getattr(recorded, name), getattr(wanted, name)
        if was != now:
            was, now = ("; ".join(v) if isinstance(v, tuple) else v for v in (was, now))
            msg = f"{folder}: cannot go on: its {name} was {was}, now it is {now}; "
            raise ConfigurationError(msg + "begin a campaign of its own with another --out")
    changed = [
        name
        for name in sorted({*recorded.material, *wanted.material})
        if recorded.material.get(name) != wanted.material.get(name)
    ]
    if changed:
        msg = f"{folder}: cannot go on: {', '.join(changed)} changed since, and so have the cases; "
        raise ConfigurationError(msg + "begin a campaign of its own with another --out")
