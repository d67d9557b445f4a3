"""Entries of the corpus: cases that have brought something new, and what it was; as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.fuzz.cases.casejson import case_from_json, case_to_json

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.fuzz.cases.steps import FuzzCase

#: Model state, input class, answer class.
Triple = tuple[str, str, str]
#: File and number of a line of the stack's.
Line = tuple[str, int]
#: Cells of the map of triples: two may share one, and the map stays as small as it is.
TRIPLES = 1 << 20
#: The same of the map of pairs.
CELLS = 1 << 16
#: Of what `Entry.to_json` writes. Another version is refused.
ENTRY_SCHEMA = 1


class News(NamedTuple):
    """What a case has brought that was not known.

    `pairs` are cells of the map of consecutive triples; `edges` are 8 times a counter's place and
    the class of its count, 0 to 7.
    """

    triples: tuple[Triple, ...] = ()
    pairs: tuple[int, ...] = ()
    edges: tuple[int, ...] = ()
    lines: tuple[Line, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.triples or self.pairs or self.edges or self.lines)


class Entry(NamedTuple):
    """A case of the corpus. `state` is where its last triple happened ("ESTABLISHED"); once it is
    in a corpus, where the last one that was new happened.

    Those that are there from the start have the number -1 and no news.
    """

    number: int
    case: FuzzCase
    new: News = News()
    state: str = ""

    def to_json(self) -> dict[str, Json]:
        """The entry as values that JSON holds."""
        return {
            "schema": ENTRY_SCHEMA,
            "number": self.number,
            "state": self.state,
            "new": {
                "triples": [list(triple) for triple in self.new.triples],
                "pairs": list(self.new.pairs),
                "edges": list(self.new.edges),
                "lines": [list(line) for line in self.new.lines],
            },
            "case": case_to_json(self.case),
        }

    @classmethod
    def from_json(cls, value: Json) -> Entry:
        """The entry that `to_json` was called on. Raises ValueError with what is wrong."""
        try:
            form = mapping(value)
            schema = form.get("schema")
            if schema != ENTRY_SCHEMA:
                msg = f"entry of schema {schema!r}; this tcpassay reads schema {ENTRY_SCHEMA}"
                raise ValueError(msg)
            number, state = whole_number(form["number"]), str(form.get("state", ""))
            new = _news_from_json(mapping(form.get("new", {})))
            case = form["case"]
        except KeyError as error:
            msg = f"{error.args[0]!r} is missing"
            raise ValueError(msg) from None
        except TypeError as error:
            raise ValueError(str(error)) from None
        return cls(number, case_from_json(case), new, state)


def _news_from_json(form: dict[str, Json]) -> News:
    triples = tuple(_three(array(item)) for item in array(form.get("triples", [])))
    pairs = tuple(cell(item) for item in array(form.get("pairs", [])))
    edges = tuple(whole_number(item) for item in array(form.get("edges", [])))
    lines = tuple(_line(array(item)) for item in array(form.get("lines", [])))
    return News(triples, pairs, edges, lines)


def number_of(triple: Triple) -> int:
    """A number that is the same in each process, as a string's hash is not."""
    return crc32("\0".join(triple).encode()) or 1


def cell_of(triple: Triple) -> int:
    """Its cell in a map of triples."""
    return number_of(triple) & (TRIPLES - 1)


def cell(value: Json) -> int:
    """A cell of the map of pairs. Raises ValueError for what is none."""
    number = whole_number(value)
    if not 0 <= number < CELLS:
        msg = f"pair {number}, wanted 0 to {CELLS - 1}"
        raise ValueError(msg)
    return number


def _three(item: list[Json]) -> Triple:
    if len(item) != 3:
        msg = f"wanted state, input and answer, got {item!r:.60}"
        raise TypeError(msg)
    return str(item[0]), str(item[1]), str(item[2])


def _line(item: list[Json]) -> Line:
    if len(item) != 2:
        msg = f"wanted a file and a line, got {item!r:.60}"
        raise TypeError(msg)
    return str(item[0]), whole_number(item[1])


class Read(NamedTuple):
    """What a corpus file holds. `remark` tells of a last line that was torn."""

    entries: list[Entry]
    remark: str = ""


def read_entries(path: Path) -> Read:
    """The entries of a corpus file, one a line.

    A last line without its end was being written when the writer died: it is left out and told of.
    Raises ConfigurationError with file and line for anything else that is no entry.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigurationError(f"{path}: {reason}") from None
    whole, _, torn = octets.rpartition(b"\n")
    entries = [
        _read_line(path, place, line)
        for place, line in enumerate(whole.split(b"\n"), 1)
        if line.strip()
    ]
    if not torn:
        return Read(entries)
    place = octets.count(b"\n") + 1
    try:
        entries.append(Entry.from_json(json.loads(torn)))
    except ValueError:
        return Read(entries, f"{path}:{place}: the last line is torn and left out")
    return Read(entries)


def _read_line(path: Path, place: int, line: bytes) -> Entry:
    try:
        return Entry.from_json(json.loads(line))
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg}, column {error.colno})"
    except UnicodeDecodeError:
        reason = "not UTF-8"
    except ValueError as error:
        reason = str(error)
    msg = f"{path}:{place}: no entry of a corpus: {reason}; delete the line or the file"
    raise ConfigurationError(msg)
