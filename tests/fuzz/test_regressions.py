"""Every finding ever made: nothing on the reference stack, still there on its own target."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.fuzz.finding.kept import Finding, finding_of
from tcpassay.fuzz.finding.replaying import play_again
from tcpassay.targets.contract import Target
from tcpassay.targets.mutants import MUTANTS, open_mutant
from tcpassay.targets.registry import open_target
from tcpassay.wire.tracefile import load

_FOLDER = content_root() / "fuzz" / "regressions"
_FILES = sorted(str(path.relative_to(_FOLDER)) for path in _FOLDER.rglob("*.json"))


@cache
def _finding(name: str) -> Finding:
    path = _FOLDER / name
    return finding_of(load(path), str(path))


def _mended() -> dict[str, str]:
    path = _FOLDER / "mended.toml"
    if not path.exists():
        return {}
    return {each["trace"]: each["reason"] for each in tomllib.loads(path.read_text())["mended"]}


def _own(name: str) -> Target:
    """The target that a finding was made on; skips where it cannot be had here."""
    target = open_mutant(name) if name.startswith(MUTANTS) else open_target(name)
    try:
        target.version()
    except TargetUnavailableError as error:
        pytest.skip(f"{name} cannot be had here: {error}")
    return target


def test_there_are_some() -> None:
    """The folder; findings in it, each below the name of its target."""
    assert _FILES
    for name in _FILES:
        target = _finding(name).target
        folder = MUTANTS.rstrip("/") if target.startswith(MUTANTS) else target
        assert Path(name).parent.name == folder


def test_mended_ones_are_there() -> None:
    """mended.toml; it names files of the folder only, each with a reason."""
    mended = _mended()
    assert set(mended) <= set(_FILES)
    assert all(mended.values())


@pytest.mark.parametrize("name", _FILES)
def test_nothing_on_the_reference_stack(name: str) -> None:
    """A finding's case on the reference stack; no alarm."""
    again = play_again(_finding(name), open_target("reference"))
    assert again.outcome == "nothing", str(again.alarm)


@pytest.mark.parametrize("name", [name for name in _FILES if _finding(name).target != "reference"])
def test_still_there(name: str) -> None:
    """A finding's case on its own target; the same finding, or nothing where it is mended."""
    finding = _finding(name)
    target = _own(finding.target)
    try:
        again = play_again(finding, target)
    except TargetUnavailableError as error:
        pytest.skip(f"{finding.target} cannot be started here: {error}")
    finally:
        target.close()
    wanted = "nothing" if name in _mended() else "same finding"
    assert again.outcome == wanted, [str(alarm) for alarm in again.alarms]
