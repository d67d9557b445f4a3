"""Markdown for a forge: text from outside that is no markup, tables, and a length that fits."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Final

from tcpassay.reports.text import LONGEST_LINE, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Octets that GitHub takes of one step's summary: 1 MiB.
LONGEST: Final = 1 << 20

#: What begins markup anywhere: CommonMark, section 2.4, and GitHub's tables, strikes and formulas.
_MARKS: Final = re.compile(r"[\\`*_\[<&|~$]")
#: What begins a quotation, a heading, a list or a rule at the start of a line.
_FIRST: Final = re.compile(r"^(\d*)(>|[#+=.)-](?=[\s#=-]|$))")
#: What makes a link of a bare address: GitHub Flavored Markdown, section 6.9.
_LINKS: Final = re.compile(r"(?<=www)\.|:(?=//)", re.IGNORECASE)
#: What makes a link of bare text when it is no longer Markdown, and no backslash is left in it:
#: e-mail addresses (there as well), and people, issues and pull requests, who hear of it.
_NAMES: Final = re.compile(r"@(?=\S)|#(?=\d)|\bGH(?=-\d)", re.IGNORECASE)
#: What a reader does not see, and a name does not go on behind.
_NOTHING: Final = "<!-- -->"
_RUNS: Final = re.compile("`+")


def escaped(text: str, most: int = LONGEST_LINE) -> str:
    """One line of text in Markdown, also in a cell: nothing in it is markup."""
    plain = _MARKS.sub(r"\\\g<0>", one_line(text, most).strip())
    return _unlinked(_FIRST.sub(r"\1\\\2", _LINKS.sub(r"\\\g<0>", plain)))


def in_element(text: str, most: int = LONGEST_LINE) -> str:
    """The same within an element of HTML, where Markdown's escapes mean nothing."""
    return _unlinked(html.escape(one_line(text, most).strip()))


def _unlinked(markup: str) -> str:
    return _NAMES.sub(rf"\g<0>{_NOTHING}", markup)


def code(text: str, most: int = LONGEST_LINE, *, cell: bool = False) -> str:
    """One line of text as code, letter by letter as it is; `cell`: in a table."""
    plain = one_line(text, most)
    if cell:
        plain = plain.replace("|", "\\|")
    if not plain.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(plain)), default=0))
    pad = " " if plain.startswith(("`", " ")) or plain.endswith(("`", " ")) else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def table_head(*cells: str, right: int = 0) -> Iterator[str]:
    """The first lines of a table, with the empty one before it; the last `right` hold numbers."""
    yield ""
    yield table_row(*map(escaped, cells))
    left = len(cells) - right
    yield table_row(*("---" for _ in range(left)), *("---:" for _ in range(right)))


def table_row(*cells: str) -> str:
    """One line of a table; its cells are Markdown."""
    return f"| {' | '.join(cells)} |"


def fitting(lines: Iterable[str], most: int = LONGEST) -> str:
    """The lines as one text of at most `most` octets; where some are left out it says so."""
    note = "\n**Cut here: what is left has no room in a page of this kind.**\n"
    taken: list[str] = []
    room = most - len(note)
    for line in lines:
        room -= len(line.encode()) + 1
        if room < 0:
            return "\n".join([*taken, note])
        taken.append(line)
    return "\n".join(taken) + "\n"
