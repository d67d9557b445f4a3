"""Text in lines: a label with its text beside it, and text under a heading."""

from __future__ import annotations

import textwrap

WIDTH = 96
_LABEL = 13


def labelled(label: str, text: str) -> list[str]:
    """A label and its text, wrapped under itself; nothing for no text."""
    indent = " " * _LABEL
    if label and len(label) >= _LABEL:
        label += " "
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"{label:{_LABEL}}",
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def indented(text: str, by: int = 2) -> list[str]:
    """Text that begins `by` blanks to the right, wrapped; nothing for no text."""
    indent = " " * by
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
