"""Agents that are built: from what, where to, and the one line for each way to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets import building
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.registry import open_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.targets.manifest import Manifest

TOY = """\
name = "{name}"
kind = "process"
clock = "virtual"
[start]
command = ["sh", "{{built}}/agent", "{{fd}}"]
[build]
command = ["sh", "build.sh", "{{built}}"]
packages = {packages}
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""
SCRIPT = """\
set -eu
test -d "$TCPASSAY_SOURCES"
test -n "$TCPASSAY_KIT"
cp agent.in "$1/agent"
"""
#: An agent of three lines, which dies of what it was built from.
AGENT = "exit 3\n"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def toy(folder: Path, *, packages: str = "[]", script: str = SCRIPT, name: str = "toy") -> Manifest:
    folder.mkdir(exist_ok=True)
    (folder / "target.toml").write_text(TOY.format(packages=packages, name=name))
    (folder / "build.sh").write_text(script)
    (folder / "agent.in").write_text(AGENT)
    return load_manifest(folder)


def test_nothing_starts_before_it_is_built(tmp_path: Path) -> None:
    """A target that was never built; one line says what to run."""
    manifest = toy(tmp_path / "toy")
    with pytest.raises(TargetUnavailableError, match=r"'toy' is not built; run: .* build toy$"):
        open_manifest(manifest).start(StackOptions())
    assert not building.is_built(manifest)


def test_what_was_built_is_what_starts(tmp_path: Path) -> None:
    """A built target; `{built}` leads to what the build left, here an agent that ends at once."""
    manifest = toy(tmp_path / "toy")
    building.build_agent(manifest)
    assert (building.built_folder("toy") / "agent").read_text() == AGENT
    assert tmp_path in building.built_folder("toy").parents
    with pytest.raises(TargetUnavailableError, match="exit status 3 before HELLO"):
        open_manifest(manifest).start(StackOptions())


@pytest.mark.parametrize("changed", ["agent.in", "build.sh", "new.c"])
def test_other_sources_than_it_was_built_from(tmp_path: Path, changed: str) -> None:
    """A source that changed, or came, after the build; the stack that was built does not start."""
    manifest = toy(tmp_path / "toy")
    building.build_agent(manifest)
    (tmp_path / "toy" / changed).write_text("# other\n")
    with pytest.raises(TargetUnavailableError, match=r"other sources .* build toy$"):
        open_manifest(manifest).start(StackOptions())


def test_readmes_and_expectations_are_no_sources(tmp_path: Path) -> None:
    """A README and expectations that changed after the build; it is up to date."""
    manifest = toy(tmp_path / "toy")
    building.build_agent(manifest)
    (tmp_path / "toy" / "README.md").write_text("words\n")
    (tmp_path / "toy" / "expectations.toml").write_text("# words\n")
    assert building.is_built(manifest)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo no source package >&2; exit 9", "exit status 9: no source package"),
        ("exit 1", "exit status 1: it printed nothing"),
    ],
)
def test_build_that_fails(tmp_path: Path, script: str, words: str) -> None:
    """A build command that fails; its last line is told, and nothing counts as built."""
    manifest = toy(tmp_path / "toy", script=script)
    with pytest.raises(TargetUnavailableError, match=f"'toy': {words}$"):
        building.build_agent(manifest)
    assert not building.is_built(manifest)


def test_build_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build command that waits for ever; it is ended, and one line says so."""
    monkeypatch.setattr(building, "LONGEST_S", 0.2)
    manifest = toy(tmp_path / "toy", script="exec tail -f /dev/null")
    with pytest.raises(TargetUnavailableError, match=r"'sh' had not ended after 0\.2 s: sh build"):
        building.build_agent(manifest)
    assert not building.is_built(manifest)


def test_failed_build_leaves_nothing_that_counts(tmp_path: Path) -> None:
    """A build that fails after one that went well; the old agent counts no more."""
    manifest = toy(tmp_path / "toy")
    building.build_agent(manifest)
    (tmp_path / "toy" / "build.sh").write_text("exit 1\n")
    with pytest.raises(TargetUnavailableError):
        building.build_agent(manifest)
    (tmp_path / "toy" / "build.sh").write_text(SCRIPT)
    assert not building.is_built(manifest)


def test_packages_that_are_missing(tmp_path: Path) -> None:
    """A package that Debian does not have installed; it alone is missing."""
    manifest = toy(tmp_path / "toy", packages='["dpkg", "no-such-package"]')
    assert manifest.build is not None
    assert building.missing(manifest.build) == building.Missing(("no-such-package",), ())


def test_variant_is_built_beside_its_base(tmp_path: Path) -> None:
    """A variant that says its build command only; the rest, and the folder, is the base's."""
    toy(tmp_path / "toy", packages='["dpkg"]')
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "target.toml").write_text('name = "other"\nlike = "../toy"\n')
    manifest = load_manifest(folder)
    assert manifest.build is not None
    assert manifest.build.packages == ("dpkg",)
    building.build_agent(manifest)
    assert (building.built_folder("other") / "agent").is_file()
    assert not building.built_folder("toy").exists()


def test_empty_command(tmp_path: Path) -> None:
    """A [build] without a command; refused with its place."""
    path = tmp_path / "target.toml"
    path.write_text(
        TOY.format(packages="[]", name="toy").replace('["sh", "build.sh", "{built}"]', "[]")
    )
    with pytest.raises(ConfigurationError, match=r"target.toml:7: 'build.command' is empty"):
        load_manifest(path)
