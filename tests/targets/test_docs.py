"""docs/targets.md says what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.targets import messages
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.namespace.calls import CALL_NAMES
from tcpassay.targets.protocol import Frame, Type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = (content_root() / "docs" / "targets.md").read_text()
MESSAGES = re.findall(r"^\| 0x(\w\w) \| ([A-Z-]+) \| (?:`(\{.*?\})`)?", TEXT, re.MULTILINE)


def test_capability_table() -> None:
    """The table of capabilities; the list in the code, word for word."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT.split("### Capabilities")[1], re.MULTILINE)
    assert dict(rows) == CAPABILITIES


def test_settings_table() -> None:
    """Every setting that a case asks for by name; it is in one of the two tables."""
    asked = {name for case in load_cases() for name in case.mark.settings}
    first_cells = re.findall(r"^\| (`?\w+`?(?:, `\w+`)*) \| ", TEXT, re.MULTILINE)
    told = {name for cell in first_cells for name in re.findall(r"\w+", cell)}
    assert len(asked) > 20
    assert asked <= told


def test_message_tables_name_every_type() -> None:
    """The two tables of messages; each type with its number."""
    found = {name.replace("-", "_"): int(number, 16) for number, name, _ in MESSAGES}
    assert found == {each.name: int(each) for each in Type}


@pytest.mark.parametrize(("number", "name", "body"), [row for row in MESSAGES if row[2]])
def test_example_bodies_can_be_read(number: str, name: str, body: str) -> None:
    """The example of each message; the code's own reader takes it."""
    frame = Frame(int(number, 16), 0, 1, body.encode())
    greetings: dict[str, Callable[[Frame], object]] = {
        "HELLO": messages.read_hello,
        "START": messages.read_start,
        "IDLE": messages.read_idle,
    }
    if name in greetings:
        assert greetings[name](frame)
    elif name in {"REFUSED", "TIME", "BYE"}:
        fields = messages.Fields(frame)
        assert name == "BYE" or fields.has("reason") or fields.integer("t_ns") == 40
    elif frame.type < 0x80:
        assert messages.read_command(frame) is not None
    else:
        assert messages.read_event(frame, 0).t_ns == 0


def test_every_call_has_a_row() -> None:
    """The calls of the agent for app processes; each is in the table of calls."""
    _, _, section = TEXT.partition("## Socket calls")
    rows = re.findall(r"^\| ([a-z_, 0-9]+) \|", section, re.MULTILINE)
    named = {name.strip() for row in rows for name in row.split(",")}
    assert set(CALL_NAMES) <= named


def test_session_lengths_are_right() -> None:
    """The frames of the example session whose bodies are whole; their length fields."""
    lines = re.findall(r"^\w+ +(\w{8}) \w\w \w{8} \w{4}  (\{.*\})$", TEXT, re.MULTILINE)
    assert len(lines) >= 4
    assert [int(length, 16) for length, _ in lines] == [7 + len(body) for _, body in lines]


def test_example_manifest_is_valid(tmp_path: Path) -> None:
    """The manifest of the page; it is in order."""
    block = TEXT.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "target.toml"
    path.write_text(block)
    manifest = load_manifest(path)
    assert manifest.settings == {"fast_fin_timeout": {"settings": {"fin_wait_2_s": 1}}}
