"""Taking typed values out of a TOML table, refusing what is missing, mistyped or unknown."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from tcpassay.core.toml_places import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcpassay.core.errors import ConfigurationError
    from tcpassay.core.toml_places import KeyPath, TomlFile


class TableReader:
    """One table of a TOML file; every reader of a value raises ConfigurationError.

    Ask for the values one by one, then call `end`, which refuses the keys nobody asked for.
    """

    def __init__(self, file: TomlFile, table: Mapping[str, object], at: KeyPath = ()) -> None:
        self._file = file
        self._table = table
        self._at = at
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def keys(self) -> tuple[str, ...]:
        """The keys present, as written."""
        return tuple(self._table)

    def is_off(self, key: str) -> bool:
        """Whether the value is `false`."""
        return self._table.get(key) is False

    def error(self, key: str, message: str) -> ConfigurationError:
        """`message` with the place of `key`, ready to be raised."""
        return self._file.error((*self._at, key) if key else self._at, message)

    def text(self, key: str, default: str | None = None) -> str:
        """A string that is not empty."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self._mistyped(key, "a string", value)
        if not value and default is None:
            raise self.error(key, f"{self._name(key)} is empty")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """One of `choices`."""
        value = self.text(key, default)
        if value not in choices:
            raise self.error(
                key,
                f"{self._name(key)} is {value!r}, wanted one of {', '.join(choices)}"
                f"{nearest(value, choices)}",
            )
        return value

    def integer(self, key: str, default: int | None = None, *, least: int = 0) -> int:
        """A whole number of at least `least`."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._mistyped(key, "a whole number", value)
        if value < least:
            raise self.error(key, f"{self._name(key)} is {value}, wanted {least} or more")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number of at least 0."""
        value = self._take(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._mistyped(key, "a number", value)
        if not value >= 0:
            raise self.error(key, f"{self._name(key)} is {value}, wanted 0 or more")
        return float(value)

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        """An array of numbers, none below 0 and none below the one before it."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple):
            raise self._mistyped(key, "an array of numbers", value)
        for item in value:
            if not isinstance(item, int | float) or isinstance(item, bool):
                raise self._mistyped(key, "an array of numbers", item)
        if any(item < least for least, item in pairwise((0, *value))):
            raise self._mistyped(key, "numbers that grow, from 0 up", list(value))
        return tuple(float(item) for item in value)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """An array of strings."""
        value = self._take(key, default)
        if not isinstance(value, list | tuple):
            raise self._mistyped(key, "an array of strings", value)
        for item in value:
            if not isinstance(item, str):
                raise self._mistyped(key, "an array of strings", item)
        return tuple(value)

    def mapping(self, key: str) -> dict[str, object]:
        """A table with keys of its owner's choice; empty where it is absent."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self._mistyped(key, "a table", value)
        return value

    def table(self, key: str, *, required: bool = False) -> TableReader:
        """The reader of a table below this one; of an empty one where it is absent."""
        value = self._take(key, None if required else {})
        if not isinstance(value, dict):
            raise self._mistyped(key, "a table", value)
        return TableReader(self._file, value, (*self._at, key))

    def end(self, also: Iterable[str] = ()) -> None:
        """Refuse the first key that was never asked for; `also` names keys to suggest."""
        known = self._asked.union(also)
        for key in self._table:
            if key not in self._asked:
                hint = nearest(key, known) or f"; valid: {', '.join(sorted(known)) or 'none'}"
                raise self.error(key, f"unknown key {self._name(key)}{hint}")

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        value = self._table.get(key, default)
        if value is None:
            where = f" in [{self._dotted()}]" if self._at else ""
            misspelt = self._misspelt(key)
            raise self.error(misspelt, f"missing key {key!r}{where}{self._hint(misspelt)}")
        return value

    def _misspelt(self, key: str) -> str:
        for other in self._table:
            if other not in self._asked and nearest(other, [key]):
                return other
        return ""

    def _hint(self, misspelt: str) -> str:
        return f" (is {misspelt!r} meant to be it?)" if misspelt else ""

    def _mistyped(self, key: str, wanted: str, got: object) -> ConfigurationError:
        return self.error(key, f"{self._name(key)} is {got!r}, wanted {wanted}")

    def _name(self, key: str) -> str:
        return repr(".".join(map(str, (*self._at, key))))

    def _dotted(self) -> str:
        return ".".join(map(str, self._at))
