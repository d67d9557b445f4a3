"""Text from outside made safe: a stack's log line must not steer a terminal or break XML."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"  # line breaks, changes of direction
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # surrogates and non-characters: XML has none
    "]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text: str) -> str:
    """`text` with control characters spelt out in hexadecimal; tabs and line ends stay."""
    return _UNSAFE.sub(_escape, text)


def one_line(text: str) -> str:
    """`text` as one printable line."""
    return printable(text.replace("\t", " ").replace("\n", "\\n"))


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
