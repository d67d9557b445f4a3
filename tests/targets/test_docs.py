"""docs/targets.md and docs/attaching.md say what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.targets import messages
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.examine.frames import QUESTIONS as PROTOCOL_CHECKS
from tcpassay.targets.examine.steps import check_contract
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.namespace.calls import CALL_NAMES
from tcpassay.targets.protocol import Frame, Type
from tcpassay.targets.registry import open_target
from tcpassay.targets.skeleton import KITS, kit_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WALK = (content_root() / "docs" / "attaching.md").read_text()
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


def test_walk_names_every_check() -> None:
    """The lines of doctor as the walk tells them; those that there are, in their order."""
    rows = re.findall(
        r"^\| ([A-Za-z, -]+) \| [a-z].* \|$", WALK.split("## 2.")[1].split("## 3.")[0], re.M
    )
    told = [name for row in rows for name in row.split(", ")]
    assert told[0] == "lines"
    checks = [check.what for check in check_contract(open_target("reference"))]
    assert told[-len(checks) :] == checks
    assert told[1 : -len(checks)] == list(PROTOCOL_CHECKS)


def test_walk_and_skeletons_agree() -> None:
    """The languages of the walk and their files; those of the kit, and each is there."""
    rows = re.findall(r"^\| `(\w+)` \| `(\S+?)`", WALK, re.MULTILINE)
    assert dict(rows) == {name: kit.protocol[0] for name, kit in KITS.items()}
    assert all((kit_folder() / language / file).is_file() for language, file in rows)


@pytest.mark.parametrize("page", ["targets.md", "attaching.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Links to other pages and to headings; each is there."""
    folder = content_root() / "docs"
    for file, heading in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", (folder / page).read_text()):
        text = (folder / (file or page)).read_text()
        titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        slugs = {
            re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles
        }
        assert not heading or heading in slugs, f"{page}: {file}#{heading}"
