"""Where boofuzz is not installed: one line, and nothing else of the project needs it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.boofuzz_front.installed import require_boofuzz

ROOT = Path(__file__).resolve().parents[2]
FRONT = ROOT / "src" / "tcpassay" / "fuzz" / "boofuzz_front"
NAMES = {"boofuzz", "tornado", "flask"}
#: Modules of the front end that everybody may import.
PLAIN = {"__init__.py", "depth.py", "installed.py", "relative.py"}


def test_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that fails; one line with the command, exit 2."""
    monkeypatch.setitem(sys.modules, "boofuzz", None)
    with pytest.raises(ConfigurationError) as caught:
        require_boofuzz()
    assert caught.value.exit_code == 2
    assert str(caught.value) == (
        "--engine boofuzz: boofuzz is not installed; "
        "install it with: python -m pip install 'tcpassay[boofuzz]'"
    )


def test_only_the_front_end_imports_it() -> None:
    """Every source file; boofuzz and what comes with it are named in the front end alone."""
    importers = {
        path.relative_to(FRONT).as_posix() if path.is_relative_to(FRONT) else str(path)
        for path in (ROOT / "src").rglob("*.py")
        if any(name in path.read_text(encoding="utf-8") for name in NAMES)
        and NAMES & _imported(path)
    }
    assert importers
    assert importers <= {path.name for path in FRONT.glob("*.py")} - PLAIN


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
