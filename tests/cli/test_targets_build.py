"""`tcpassay targets build`: what is built, what is skipped, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANIFEST = """\
name = "{name}"
kind = "process"
clock = "virtual"
[start]
command = ["{{built}}/agent", "{{fd}}"]
[build]
command = ["sh", "-c", "{command}"]
packages = {packages}
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes the manifest of a target that is built by a shell command; its path."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def write(name: str, command: str = "true", packages: str = "[]") -> str:
        folder = tmp_path / name
        folder.mkdir()
        text = MANIFEST.format(name=name, command=command, packages=packages)
        (folder / "target.toml").write_text(text)
        return str(folder)

    return write


def test_builds_once(
    toy: Callable[..., str], tcpassay: Callable[..., tuple[int, str, str]]
) -> None:
    """A target built twice; the second time it is up to date, unless it is to be built again."""
    path = toy("one")
    assert "one: built in" in tcpassay("targets", "build", path)[2]
    code, _, err = tcpassay("targets", "build", path)
    assert (code, err.strip()) == (0, "one: up to date")
    assert "one: built in" in tcpassay("targets", "build", "--again", path)[2]


def test_one_that_fails_stops_no_other(
    toy: Callable[..., str], tcpassay: Callable[..., tuple[int, str, str]]
) -> None:
    """A build that fails before one that works; one line, the other is built, exit code 4."""
    bad, good = toy("bad", "echo no source >&2; false"), toy("good")
    code, _, err = tcpassay("targets", "build", bad, good)
    assert code == 4
    assert "tcpassay: target 'bad': exit status 1: no source" in err
    assert "good: built in" in err


def test_where_possible(
    toy: Callable[..., str], tcpassay: Callable[..., tuple[int, str, str]]
) -> None:
    """What cannot be built is said to be skipped, and that is no failure."""
    code, _, err = tcpassay("targets", "build", "--where-possible", toy("bad", "false"))
    assert code == 0
    assert "tcpassay: skipped: target 'bad': exit status 1" in err


def test_package_that_is_missing(
    toy: Callable[..., str], tcpassay: Callable[..., tuple[int, str, str]]
) -> None:
    """A package that is not installed; nothing is built, and the line says how to get it."""
    code, _, err = tcpassay("targets", "build", toy("needy", packages='["no-such-package"]'))
    assert code == 4
    assert "needs no-such-package: apt-get install no-such-package" in err
