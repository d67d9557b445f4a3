"""The catalogue: every requirement and every statement that a case may cite, by id."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NoReturn, get_args

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest, read_toml
from tcpassay.core.verdict import Level
from tcpassay.model import plain_toml
from tcpassay.model.tcb import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: Names of states, as the user writes them.
STATES: tuple[State, ...] = get_args(State)

_PROFILES = {"all": Level.STATEMENT, "textbook": Level.TEXTBOOK}
_TEXT_KEYS = ("id", "source", "section", "group", "observable", "role", "cost", "text", "test")
_OPTIONAL_KEYS = ("state", "condition", "known")
_REQUIREMENT_KEYS = frozenset((*_TEXT_KEYS, *_OPTIONAL_KEYS, "level", "verified", "basis"))
_STATEMENT_KEYS = frozenset(("id", "source", "area", "says", "check", "profile", "condition"))


@dataclass(frozen=True, slots=True)
class Requirement:
    """One entry of the catalogue; `conformance/catalogue/requirements.toml` explains the fields.

    A statement of the source documents (DOC-nn) is a requirement too: its source is "DOC", its
    section the numbers of the documents, its level STATEMENT or TEXTBOOK by its profile.
    """

    id: str
    source: str
    section: str
    group: str
    level: Level
    observable: str
    role: str
    cost: str
    state: str
    condition: str
    text: str
    test: str
    known: str
    verified: bool
    basis: str

    @property
    def short_id(self) -> str:
        """The id without its source: "MUST-14"."""
        return self.id.partition(":")[2] or self.id


class Catalogue:
    """Requirements by id, in the order of the files."""

    def __init__(self, requirements: Iterable[Requirement]) -> None:
        self._by_id: dict[str, Requirement] = {}
        self._by_short: dict[str, list[str]] = {}
        for requirement in requirements:
            if requirement.id in self._by_id:
                msg = f"requirement {requirement.id} stands twice in the catalogue"
                raise ConfigurationError(msg)
            self._by_id[requirement.id] = requirement
            self._by_short.setdefault(requirement.short_id, []).append(requirement.id)

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, name: str) -> Requirement:
        """The requirement of that id, which may lack its source where it stays unique.

        Raises ConfigurationError: unknown (with the nearest ids), or ambiguous (with all).
        """
        found = self._by_id.get(name)
        if found is not None:
            return found
        candidates = self._by_short.get(name, [])
        if len(candidates) == 1:
            return self._by_id[candidates[0]]
        if candidates:
            msg = f"requirement {name!r} is ambiguous: say one of {', '.join(candidates)}"
            raise ConfigurationError(msg)
        raise ConfigurationError(f"unknown requirement {name!r}{self._nearest(name)}")

    def _nearest(self, name: str) -> str:
        wanted = name.upper()
        names = self._by_id if ":" in name else {**self._by_short, **self._by_id}
        by_upper = {known.upper(): known for known in names}
        close = difflib.get_close_matches(wanted, list(by_upper), n=3, cutoff=0.5)
        if not close:
            return "; `tcpassay list --coverage` shows them all"
        return f" (nearest: {', '.join(by_upper[key] for key in close)})"


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with the project, read once a process (about 20 ms)."""
    return read_catalogue(content_root() / "conformance" / "catalogue")


def read_catalogue(folder: Path) -> Catalogue:
    """Read `requirements.toml` and `documents.toml` of a folder.

    Raises ConfigurationError with file, line and, for an unknown key or word, the nearest one.
    """
    return Catalogue(
        (
            *_read(folder / "requirements.toml", "requirement", _requirement),
            *_read(folder / "documents.toml", "statement", _statement),
        )
    )


class _Malformed(Exception):  # noqa: N818 - turned into a ConfigurationError with its place
    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _read(path: Path, table: str, build: _Builder) -> list[Requirement]:
    """Every entry of one file. Lines are counted only once something is wrong."""
    try:
        entries = plain_toml.loads(path.read_text(encoding="utf-8")).get(table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        entries = read_toml(path).data.get(table)
    if not isinstance(entries, list):
        raise ConfigurationError(f"{path}:1: no [[{table}]] in this file")
    built = []
    for index, entry in enumerate(entries):
        try:
            built.append(build(entry))
        except _Malformed as error:
            _refuse(path, table, index, error)
    _refuse_twins(path, table, built)
    return built


def _refuse(path: Path, table: str, index: int, error: _Malformed) -> NoReturn:
    raise read_toml(path).error((table, index, error.key), str(error)) from None


def _refuse_twins(path: Path, table: str, built: list[Requirement]) -> None:
    seen: set[str] = set()
    for index, requirement in enumerate(built):
        if requirement.id in seen:
            _refuse(path, table, index, _Malformed("id", f"{requirement.id!r} stands here twice"))
        seen.add(requirement.id)


def _requirement(entry: Mapping[str, object]) -> Requirement:
    _known_keys(entry, _REQUIREMENT_KEYS)
    values = {key: _text(entry, key) for key in _TEXT_KEYS}
    values |= {key: _text(entry, key, "") for key in _OPTIONAL_KEYS}
    if values["state"] and values["state"] not in STATES:
        bad = values["state"]
        raise _Malformed("state", f"unknown state {bad!r}{nearest(bad, STATES)}")
    level = _text(entry, "level")
    try:
        known_level = Level(level)
    except ValueError:
        hint = nearest(level, [str(known) for known in Level])
        raise _Malformed("level", f"unknown level {level!r}{hint}") from None
    verified = entry.get("verified")
    if not isinstance(verified, bool):
        raise _Malformed("verified", f"'verified' is {verified!r}, wanted true or false")
    return Requirement(level=known_level, verified=verified, basis=_text(entry, "basis"), **values)


def _statement(entry: Mapping[str, object]) -> Requirement:
    _known_keys(entry, _STATEMENT_KEYS)
    documents = entry.get("source")
    if not isinstance(documents, list) or not documents:
        raise _Malformed("source", f"'source' is {documents!r}, wanted a list of documents")
    area = _text(entry, "area")
    profile = _text(entry, "profile")
    if profile not in _PROFILES:
        raise _Malformed("profile", f"unknown profile {profile!r}{nearest(profile, _PROFILES)}")
    return Requirement(
        id=_text(entry, "id"),
        source="DOC",
        section=", ".join(str(document) for document in documents),
        group=f"Source documents: {area}",
        level=_PROFILES[profile],
        observable="both",
        role="any",
        cost="fast",
        state="",
        condition=_text(entry, "condition", "resolver" if area == "names" else ""),
        text=_text(entry, "says"),
        test=_text(entry, "check"),
        known="",
        verified=True,
        basis="text",
    )


def _known_keys(entry: Mapping[str, object], known: frozenset[str]) -> None:
    if entry.keys() <= known:
        return
    key = next(key for key in entry if key not in known)
    raise _Malformed(key, f"unknown key {key!r}{nearest(key, known)}")


def _text(entry: Mapping[str, object], key: str, default: str | None = None) -> str:
    value = entry.get(key, default)
    if isinstance(value, str) and (value or default is not None):
        return value
    if key in entry:
        raise _Malformed(key, f"{key!r} is {value!r}, wanted a string")
    raise _Malformed("", f"missing key {key!r}")


if TYPE_CHECKING:
    from collections.abc import Callable

    _Builder = Callable[[Mapping[str, object]], Requirement]
