"""Finding targets by name and by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.targets.inprocess import InProcessTarget
from tcpassay.targets.process import ProcessTarget
from tcpassay.targets.registry import available, find, open_target

HERE = Path(__file__).parent


def test_own_targets_are_found() -> None:
    """The project's own folder; reference and linux are there, mutants (no manifest) are not."""
    names = [manifest.name for manifest in available()]
    assert {"linux", "reference"} <= set(names)
    assert "mutants" not in names


def test_broken_manifest_hides_no_other(tmp_path: Path) -> None:
    """Three folders, one with a broken manifest and one with none; the third is found."""
    for name in ("good", "broken", "empty"):
        (tmp_path / name).mkdir()
    text = (HERE / "toy" / "target.toml").read_text()
    (tmp_path / "good" / "target.toml").write_text(text)
    (tmp_path / "broken" / "target.toml").write_text("name = ")
    found = find(tmp_path)
    assert [manifest.name for manifest in found.manifests] == ["toy"]
    assert len(found.problems) == 1
    assert "broken/target.toml:1" in str(found.problems[0])


@pytest.mark.parametrize("path", ["toy", "toy/target.toml"])
def test_target_by_path(path: str) -> None:
    """A folder and a file; both open the target."""
    target = open_target(str(HERE / path))
    assert isinstance(target, InProcessTarget)
    assert target.manifest.name == "toy"


def test_target_by_name() -> None:
    """The name of one of the project's own; its manifest."""
    assert open_target("reference").manifest.folder == content_root() / "targets" / "reference"


def test_kind_decides_the_class() -> None:
    """A manifest of kind process; a ProcessTarget, with nothing started."""
    assert isinstance(open_target(str(HERE / "toy_process")), ProcessTarget)


def test_unknown_name_has_the_nearest_and_the_list() -> None:
    """A misspelt name; the nearest one and all there are."""
    with pytest.raises(ConfigurationError) as caught:
        open_target("refrence")
    text = str(caught.value)
    assert "unknown target 'refrence' (nearest: 'reference')" in text
    assert "linux" in text


def test_folder_without_manifest(tmp_path: Path) -> None:
    """A folder that is there and holds no target.toml; the message says so."""
    with pytest.raises(ConfigurationError, match=r"no target\.toml in this folder"):
        open_target(str(tmp_path))
