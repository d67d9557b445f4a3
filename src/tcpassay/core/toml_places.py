"""TOML files whose mistakes are reported by file and line, with the nearest valid word."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: The way to a value: keys of tables, and indices of arrays of tables.
KeyPath = tuple[str | int, ...]

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w.\s-])+?)\s*=""")
_KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*\.?""")
_FENCE = re.compile(r"\"{3}|\'{3}")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed TOML file that still knows on which line each key stands."""

    path: Path
    data: dict[str, object]
    _lines: dict[KeyPath, int] = field(repr=False)

    def line(self, *keys: str | int) -> int:
        """The line of a key, or of the nearest table around it; 1 where nothing is known."""
        for end in range(len(keys), 0, -1):
            found = self._lines.get(keys[:end])
            if found is not None:
                return found
        return 1

    def error(self, keys: KeyPath, message: str) -> ConfigurationError:
        """`message` with the file and the line of `keys` before it, ready to be raised."""
        return ConfigurationError(f"{self.path}:{self.line(*keys)}: {message}")


def read_toml(path: Path) -> TomlFile:
    """Read a TOML file. Raises ConfigurationError: not there, not UTF-8, malformed (with line)."""
    try:
        text = path.read_bytes().decode()
        data = tomllib.loads(text)
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigurationError(f"{path}: {reason}") from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise ConfigurationError(f"{path}:{line}: not UTF-8, which TOML has to be") from None
    except tomllib.TOMLDecodeError as error:
        raise _malformed(path, str(error), text) from None
    return TomlFile(path, data, _index(text))


def nearest(word: str, choices: Iterable[str]) -> str:
    """` (nearest: 'x')` for the choice that `word` most likely meant, else nothing."""
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f" (nearest: {close[0]!r})" if close else ""


def _malformed(path: Path, message: str, text: str) -> ConfigurationError:
    place = _AT.search(message)
    what = _AT.sub("", message)
    what = what[:1].lower() + what[1:]
    if place is None:
        return ConfigurationError(f"{path}: malformed TOML: {what}")
    if place[1] is None:
        return ConfigurationError(f"{path}:{text.count(chr(10)) + 1}: malformed TOML: {what}")
    return ConfigurationError(f"{path}:{place[1]}:{place[2]}: malformed TOML: {what}")


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _KEY.findall(dotted))


def _index(text: str) -> dict[KeyPath, int]:
    """Where each key is assigned and each table opened; the text is known to be well formed."""
    lines: dict[KeyPath, int] = {}
    arrays: dict[KeyPath, int] = {}
    table: KeyPath = ()
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if fence in line:
                fence = ""
            continue
        if header := _HEADER.match(line):
            table = _table(header[1] == "[[", _keys(header[2]), arrays)
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            _note(lines, table, _keys(assignment[1]), number)
            fence = _opened(line)
    return lines


def _note(lines: dict[KeyPath, int], table: KeyPath, keys: tuple[str, ...], number: int) -> None:
    for end in range(1, len(keys) + 1):
        lines.setdefault((*table, *keys[:end]), number)


def _table(is_array: bool, keys: tuple[str, ...], arrays: dict[KeyPath, int]) -> KeyPath:
    """The path of a table just opened, with the index of each array of tables on the way."""
    path: KeyPath = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in arrays:
            path = (*path, arrays[path])
    path = (*path, keys[-1])
    if is_array:
        arrays[path] = arrays.get(path, -1) + 1
        path = (*path, arrays[path])
    return path


def _opened(line: str) -> str:
    """The fence of a multi-line string that this line opens and does not close."""
    fences = _FENCE.findall(line)
    return fences[-1] if len(fences) % 2 else ""
