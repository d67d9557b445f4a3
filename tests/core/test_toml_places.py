"""TOML files that know on which line a key stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest, read_toml

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '''\
top = 1
"quoted key" = 2
a.b = 3

long = """
[not.a.table]
fake = 1
"""
[table]  # comment
key = "x = y"
[[expect]]
case = "one"
[[expect]]
case = "two"
reason = \'\'\'
still = two
\'\'\'
verdict = "fail"
[expect.more]
deep = 1
'''


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.toml"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("top",), 1),
        (("quoted key",), 2),
        (("a", "b"), 3),
        (("a",), 3),
        (("table",), 9),
        (("table", "key"), 10),
        (("table", "absent"), 9),
        (("expect", 0, "case"), 12),
        (("expect", 1), 13),
        (("expect", 1, "case"), 14),
        (("expect", 1, "verdict"), 18),
        (("expect", 1, "more", "deep"), 20),
        (("fake",), 1),
        (("nothing",), 1),
    ],
)
def test_line_of_a_key(path: Path, keys: tuple[str | int, ...], line: int) -> None:
    """Keys in tables, arrays of tables and after multi-line strings; each has its own line."""
    assert read_toml(path).line(*keys) == line


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"a = 1\nb = [1\nc = 2\n", ":3:1: malformed TOML: unclosed array"),
        (b"a = 1\na = 2\n", ":2:6: malformed TOML: cannot overwrite a value"),
        (b'a = "x', ":1: malformed TOML: unterminated string"),
        (b"a = 1\n\xff = 2\n", ":2: not UTF-8, which TOML has to be"),
    ],
)
def test_malformed_file_names_its_line(tmp_path: Path, octets: bytes, message: str) -> None:
    """Files that are not TOML; one line with file, line and what is wrong."""
    path = tmp_path / "bad.toml"
    path.write_bytes(octets)
    with pytest.raises(ConfigurationError) as caught:
        read_toml(path)
    assert str(caught.value) == f"{path}{message}"


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A path without a file; the system's reason."""
    with pytest.raises(ConfigurationError, match=r"no\.toml: No such file"):
        read_toml(tmp_path / "no.toml")


def test_nearest_word() -> None:
    """A misspelt word and a far one; the first has a hint."""
    assert nearest("capabilites", ["capabilities", "clock"]) == " (nearest: 'capabilities')"
    assert nearest("zzz", ["capabilities"]) == ""
