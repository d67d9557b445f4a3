"""The two consoles: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console

if TYPE_CHECKING:
    from tcpassay.core.json_values import Json

_WIDTH_OF_A_FILE = 120


class _Console(Console):
    """A console whose reader may leave: then the command ends as by SIGPIPE, not with 1."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def result_console() -> Console:
    """Standard output; wide enough for tables where it is no terminal. Honours NO_COLOR."""
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_FILE
    return _Console(highlight=False, markup=False, emoji=False, width=width)


def progress_console() -> Console:
    """Standard error."""
    return _Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(value: Json) -> None:
    """One JSON value on standard output, for a machine to read."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
