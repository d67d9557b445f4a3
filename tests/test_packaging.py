"""The wheel: what is in it, what is not, and that it works where there is no checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CONTENT = "tcpassay/_content"

_CASE = '''
from tcpassay.conformance import reach
from tcpassay.conformance.case import case


@case("MUST-12")
def handshake(bench):
    """A SYN to a listener; SYN-ACK."""
    reach.listener(bench)
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA")
'''


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout without a network."""
    folder = tmp_path_factory.mktemp("dist")
    _done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment with the wheel in it.

    What the wheel depends on comes from the environment of these tests.
    """
    folder = tmp_path_factory.mktemp("env") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    python = folder / "bin" / "python"
    own = Path(_done(str(python), "-c", "import sysconfig as s; print(s.get_path('purelib'))"))
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install")
    _done(*pip, "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel))
    return folder / "bin"


def _done(*command: str, cwd: Path | None = None) -> str:
    """Standard output of a command that has to succeed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def _below(folder: str, pattern: str) -> Iterator[str]:
    for path in (ROOT / folder).rglob(pattern):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix()


def test_content_is_there(names: set[str]) -> None:
    """Catalogue, cases, schema, manifests and expectations of the checkout; all in the wheel."""
    wanted = {
        *_below("conformance/catalogue", "*.toml"),
        *_below("conformance/cases", "*.py"),
        *_below("fuzz", "*.toml"),
        *_below("fuzz/corpus", "*.jsonl"),
        *_below("reports/schema", "*.json"),
        *_below("reports/baselines", "*.json"),
        *_below("targets", "target.toml"),
        *_below("targets", "expectations.toml"),
        *_below("targets/mutants", "*.py"),
    }
    assert {f"{CONTENT}/{name}" for name in wanted} - names == set()
    assert f"{CONTENT}/conformance/catalogue/requirements.toml" in names
    assert f"{CONTENT}/reports/schema/run-v1.json" in names
    assert f"{CONTENT}/targets/linux/target.toml" in names


def test_code_is_there(names: set[str]) -> None:
    """Every module of the tester and of the reference stack, and the marker of types."""
    modules = {name.removeprefix("src/") for name in _below("src/tcpassay", "*.py")}
    stack = {name.removeprefix("targets/reference/") for name in _below("targets", "tcpref/*.py")}
    assert (modules | stack | {"tcpassay/py.typed"}) - names == set()


def test_nothing_else_is_there(names: set[str]) -> None:
    """The stack under test stands beside the content, not in it; no caches, tests or output."""
    assert not [name for name in names if name.startswith(CONTENT) and "tcpref" in name]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not re.fullmatch(r"tcpassay-[\d.]+\.dist-info", top)} == {
        "tcpassay",
        "tcpref",
    }


def test_licence_and_entry_points(wheel: Path, names: set[str]) -> None:
    """The licence's text and name, the command and the pytest plugin; declared in the wheel."""
    (licence,) = [name for name in names if name.endswith("dist-info/licenses/LICENSE")]
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(licence).decode()
        metadata = archive.read(licence.replace("licenses/LICENSE", "METADATA")).decode()
        points = archive.read(licence.replace("licenses/LICENSE", "entry_points.txt")).decode()
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "License-Expression: GPL-2.0-or-later" in metadata
    assert "tcpassay = tcpassay.cli:main" in points
    assert "[pytest11]\ntcpassay = tcpassay.pytest_plugin" in points


def test_it_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    """A fresh environment and an empty folder; targets, cases and a run come from the wheel."""
    tcpassay = str(installed / "tcpassay")
    targets = json.loads(_done(tcpassay, "targets", "--json", cwd=tmp_path))
    assert {"reference", "linux"} <= {target["name"] for target in targets}
    assert all(f"site-packages/{CONTENT}/targets/" in target["manifest"] for target in targets)
    listed = json.loads(_done(tcpassay, "list", "--json", cwd=tmp_path))
    assert all(case["location"]["file"].startswith("conformance/cases/") for case in listed)
    assert listed
    (tmp_path / "mine.py").write_text(_CASE)
    out = _done(tcpassay, "run", "reference", "--case", "./mine.py", "--out", "out", cwd=tmp_path)
    assert "reference: 1 case: 1 pass; " in out
    assert "; all as expected" in out
    assert (tmp_path / "out" / "run.jsonl").stat().st_size > 0


def test_the_stack_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """Both packages in the fresh environment; neither is the checkout's."""
    script = "import tcpassay, tcpref; print(tcpassay.__file__, tcpref.__file__)"
    for path in _done(str(installed / "python"), "-c", script, cwd=tmp_path).split():
        assert path.startswith(str(installed.parent))
