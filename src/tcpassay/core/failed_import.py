"""What went wrong, and where, in a Python file of somebody else's that could not be imported."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def failed_line(file: Path, error: BaseException) -> int:
    """The line of `file` that the error came through last; 1 where it names none."""
    line = 1
    if isinstance(error, SyntaxError) and error.filename == str(file):
        line = error.lineno or 1
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(file):
            line = frame.lineno or line
    return line


def told(error: BaseException) -> str:
    """The error's class and text in one line."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(f"{type(error).__name__}: {text}".split()).rstrip(": ")
