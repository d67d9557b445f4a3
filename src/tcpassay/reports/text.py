"""Text from outside made safe: it must not steer a terminal, break XML or fill a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Characters of one line that are shown; the others are counted.
LONGEST_LINE: Final = 2000

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # line breaks, changes of direction
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates and non-characters: XML has none
    "]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    """`text` with control characters spelt out in hexadecimal; tabs and line ends stay."""
    return _UNSAFE.sub(_escape, text)


def one_line(text: str, most: int = LONGEST_LINE) -> str:
    """`text` as one printable line; of more than `most` characters the first, and how many more."""
    return printable(cut(text, most).replace("\t", " ").replace("\n", "\\n"))


def cut(text: str, most: int) -> str:
    """The first `most` characters and how many more there are."""
    more = len(text) - most
    return f"{text[:most]}... ({counted(more, 'more character')})" if more > 0 else text


def last(text: str, most: int) -> str:
    """The last `most` characters, and how many more there were before."""
    more = len(text) - most
    return f"({counted(more, 'more character')}) ...{text[-most:]}" if more > 0 else text


def first_lines(text: str, most: int) -> list[str]:
    """The first `most` lines, printable, and how many more there are."""
    *lines, rest = (text.removesuffix("\n") + "\n").split("\n", most)
    shown = [one_line(line) for line in lines]
    return [*shown, f"... ({counted(rest.count(chr(10)), 'more line')})"] if rest else shown


def few(lines: Sequence[str], most: int) -> list[str]:
    """The first `most` of `lines`, and how many more there are."""
    more = len(lines) - most
    return [*lines[:most], f"and {more} more"] if more > 0 else [*lines]


def last_lines(text: str, most: int) -> list[str]:
    """The last `most` lines, printable."""
    return [one_line(line) for line in text.rstrip("\n").rsplit("\n", most)[-most:]]


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
