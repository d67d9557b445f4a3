"""Without a browser: tests of the page are skipped, and fail where `make browser` has succeeded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from pathlib import Path

ROOT = content_root()
TEST = ROOT / "tests" / "page" / "test_nothing_judged.py"
VARIABLE = "TCPASSAY_NEEDS_BROWSER"

#: Keeps what it was asked for, and what the tests would be told; `make browser` may fail.
MAKE = f"""#!/bin/sh
echo "$1 ${VARIABLE}" >> "$MADE"
[ "$1" != "$FAILS" ]
"""


def without(variable: str) -> dict[str, str]:
    """The environment without it."""
    return {name: text for name, text in os.environ.items() if name != variable}


@pytest.mark.parametrize(("needed", "code", "told"), [("", 0, "1 skipped"), ("1", 1, "1 error")])
def test_a_browser_that_is_not_there(tmp_path: Path, needed: str, code: int, told: str) -> None:
    """No chromium on the path; a skip with the reason, an error where there has to be one."""
    environment = without(VARIABLE) | {"PATH": str(tmp_path), VARIABLE: needed}
    ended = subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(TEST)),
        check=False, cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == code
    assert told in ended.stdout
    assert "chromium or chromedriver is not installed" in ended.stdout


@pytest.mark.parametrize(
    ("fails", "code", "last"),
    [("", 0, "test 1"), ("browser", 0, "test "), ("test", 1, "test 1"), ("matrix", 1, "matrix ")],
)
def test_ci(tmp_path: Path, fails: str, code: int, last: str) -> None:
    """Each command succeeds, or one fails; `make browser` alone may, and the last line says so."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "make").write_text(MAKE)
    (tmp_path / "make").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "MADE": str(tmp_path / "made"), "FAILS": fails}
    ended = subprocess.run(
        ("bash", str(tmp_path / ".ci" / "run")),
        check=False, env=without(VARIABLE) | variables, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == code
    assert (tmp_path / "made").read_text().splitlines()[-1] == last
    said = ended.stdout.splitlines()[-1].startswith("== NOT TESTED: the page in a browser")
    assert said is (fails == "browser")
