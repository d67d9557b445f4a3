"""What docs/ takes from the code is what the code says, and what it names is there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from docs.generate import diagram
from docs.generate.files import DOCS, generated, placed
from docs.generate.tables import groups
from docs.generate.walk import listing
from tcpassay.reports.drawing import CORNER
from tcpref.settings import Settings
from tcpref.tcb import State
from tcpref.transitions import CLOSING, OPENING, TRANSITIONS, Transition

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (DOCS / "reference-stack.md").read_text()
WALK = PAGE.partition("## One connection")[2].partition("## States")[0]
#: `file.function`, the file perhaps in states/.
NAMED = sorted(set(re.findall(r"`((?:states/)?[a-z_0-9]+\.[a-z_]+)`", PAGE)) - {"states.svg"})


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_committed_file_is_what_the_code_gives(path: Path) -> None:
    """A file that `make docs` writes; it is as it would be written now."""
    assert path.read_text() == generated()[path], f"{path}: run `make docs`"


def there_is(name: str) -> bool:
    """Whether a file of the stack has a function of this name, or a class with such a method."""
    file, _, function = name.partition(".")
    try:
        module = import_module(f"tcpref.{file.replace('/', '.')}")
    except ModuleNotFoundError:
        return False
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    return any(hasattr(owner, function) for owner in (module, *classes))


@pytest.mark.parametrize("name", NAMED)
def test_function_that_the_page_names_is_there(name: str) -> None:
    """`file.function` on the page; the stack has it."""
    if name.endswith((".toml", ".svg", ".md", ".py")) or name.startswith("tcpref."):
        return
    assert there_is(name), f"docs/reference-stack.md names {name}, which is not in tcpref"


def test_missing_function_would_be_seen() -> None:
    """Names that are nobody's; neither a file nor a function of that name is found."""
    assert len(NAMED) > 40
    assert not there_is("stack.no_such_function")
    assert not there_is("no_such_file.close")


def test_times_of_the_walk_are_in_the_listing() -> None:
    """The times in front of the steps; each is one of the listing, and they go on."""
    told = re.findall(r"^- \*\*([\d.]+)\*\*", WALK, re.MULTILINE)
    assert len(told) > 12
    assert set(told) <= {line.split()[0] for line in listing().splitlines()}
    assert sorted(told, key=float) == told


def test_walk_goes_through_the_whole_life() -> None:
    """The listing; three segments are lost and every state of both roles is there."""
    text = listing()
    assert text.count("LOST") == 3
    missing = [state for state in State if state not in text]
    # A listener has no connection, and nobody closes at the same time.
    assert missing == [State.LISTEN, State.CLOSING]


def test_every_setting_is_in_the_table_with_a_comment() -> None:
    """The settings; each stands in one group, and each group has words."""
    told = [name for group in groups() for name in group.names]
    assert told == [field.name for field in fields(Settings)]
    assert all(group.comment.endswith((".", ")")) for group in groups())


def test_drawing_has_every_row() -> None:
    """The drawing; it is well formed, and every event and state of the table is in it."""
    root = ET.fromstring(diagram.svg())  # noqa: S314 - our own text
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for row in (*OPENING, *CLOSING):
        assert row.event in words
        assert not row.sends or f"send {row.sends}" in words
    for row in TRANSITIONS:
        assert any(word.startswith(row.event) for word in words)
        assert row.state in words
    assert min(diagram.lengths()) > CORNER
    left, top = diagram.WIDTH, diagram.HEIGHT
    assert all(0 < x < left and 0 < y < top for r in diagram.ROUTES.values() for x, y in r.points)


def test_arrow_without_a_place_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new row in the table; the drawing is refused and names it."""
    row = Transition(State.LISTEN, "send", State.SYN_SENT, "3.10.2")
    monkeypatch.setattr(diagram, "OPENING", [*OPENING, row])
    with pytest.raises(ValueError, match="LISTEN to SYN-SENT"):
        diagram.svg()


def test_page_without_marks_is_an_error() -> None:
    """A page without the place for a table; one line says which marks are wanted."""
    with pytest.raises(ValueError, match="wanted the marks <!-- walk"):
        placed("nothing", "walk", "text", "page.md")
