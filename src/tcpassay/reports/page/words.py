"""Text from outside as the page shows it: printable, and of a length that a page can bear."""

from __future__ import annotations

from tcpassay.reports.text import one_line, printable

#: Characters of one line, of a text of several, and of what a stack has printed.
LINE, TEXT, PRINTED = 400, 4000, 6000


def line(text: str, most: int = LINE) -> str:
    """One printable line of at most `most` characters, and how many more there are."""
    return _cut(one_line(text[: most + 1]), len(text), most)


def text(words: str, most: int = TEXT) -> str:
    """Printable text of several lines, cut behind `most` characters."""
    return _cut(printable(words[: most + 1]), len(words), most)


def last(words: str, most: int = PRINTED) -> str:
    """The end of a long text: a stack's last words tell most."""
    if len(words) <= most:
        return printable(words)
    return f"[{len(words) - most:,} characters before this]\n{printable(words[-most:])}"


def _cut(shown: str, length: int, most: int) -> str:
    return shown if length <= most else f"{shown[:most]}… [{length - most:,} more characters]"
