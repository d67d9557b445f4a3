"""Files of the user's that are wrong: the file, the line, what was wanted; exit 2, nothing run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tcpassay.conformance.kills import kill_table
from tcpassay.conformance.load import load_cases
from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import load_catalogue, read_catalogue
from tcpassay.targets.mutants import load_mutants

Tell = Callable[..., tuple[int, str, str]]
GOOD = """
name = "x"
title = "A stack"
kind = "in-process"
clock = "virtual"
capabilities = ["active_open", "errno"]
[start]
entry = "tcpref.assay:open_stack"
[addresses.ipv4]
stack = ["192.0.2.1", "192.0.2.3"]
peer = "192.0.2.2"
prefix = 24
"""
HEAD = "from tcpassay.conformance.case import case\n\n"
DOC = '    """A; b."""\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "x\n', ":1:10: malformed TOML: "),
        ("", ":1: missing key 'name'"),
        ("\udcff", ":1: not UTF-8"),
        (GOOD.replace("title", "titel"), ":3: unknown key 'titel' (nearest: 'title')"),
        (GOOD.replace("in-process", "inproces"), ":4: 'kind' is 'inproces', wanted one of"),
        (GOOD.replace("prefix = 24", 'prefix = "24"'), "'addresses.ipv4.prefix' is '24', wanted a"),
        (GOOD.replace("192.0.2.3", "192.0.2.333"), "'192.0.2.333', wanted an IPv4 address"),
        (GOOD.replace("errno", "erno"), "'erno' (nearest: 'errno')"),
        (GOOD.replace(":open_stack", ""), ":8: 'start.entry' is 'tcpref.assay', wanted 'module:"),
    ],
)
def test_manifest(tell: Tell, tmp_path: Path, text: str, said: str) -> None:
    """A target.toml that is wrong."""
    (tmp_path / "target.toml").write_text(text, errors="surrogateescape")
    status, out, err = tell("run", ".")
    assert (status, out) == (2, "")
    assert "\ntcpassay: target.toml:" in err
    assert said in err
    assert [path.name for path in tmp_path.iterdir()] == ["target.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[expect]\n", ":1:9: malformed TOML: "),
        ("expect = 3\n", ":1: 'expect' is no array of tables"),
        ('[[expect]]\ncase = "a"\nverdikt = "fail"\nreason = "r"\n', "'verdict'"),
        ('[[expect]]\ncase = "a"\nverdict = "fails"\nreason = "r"\n', "(nearest: 'fail')"),
        ('[[expect]]\ncase = "a"\nverdict = "fail"\n', ":1: missing key 'reason'"),
    ],
)
def test_expectations(tell: Tell, tmp_path: Path, text: str, said: str) -> None:
    """An expectations.toml that is wrong."""
    (tmp_path / "target.toml").write_text(GOOD)
    (tmp_path / "expectations.toml").write_text(text)
    status, _, err = tell("run", ".")
    assert status == 2
    assert "expectations.toml:" in err
    assert said in err


def test_expectations_that_are_a_folder(tell: Tell, tmp_path: Path) -> None:
    """A folder in the place of expectations.toml; it is not passed over."""
    (tmp_path / "target.toml").write_text(GOOD)
    (tmp_path / "expectations.toml").mkdir()
    status, _, err = tell("run", ".")
    assert status == 2
    assert "expectations.toml: Is a directory" in err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\nlevel", "\nlevle", ": unknown key 'levle' (nearest: 'level')"),
        ('"MUST"', '"MUSTY"', ": unknown level 'MUSTY' (nearest: 'MUST')"),
        ("\n[[requirement]]", "\n[[requirement]", ": malformed TOML: "),
    ],
)
def test_catalogue(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A catalogue that is wrong; the line of it."""
    own = content_root() / "conformance/catalogue"
    for file in own.glob("*.toml"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (own / "requirements.toml").read_text().replace(old, new, 1)
    (tmp_path / "requirements.toml").write_text(text)
    line = 1 + text[: text.index(new) + 1].count("\n")
    with pytest.raises(ConfigurationError) as caught:
        read_catalogue(tmp_path)
    assert f"requirements.toml:{line}" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def x(:\n", ":1: cannot be imported: SyntaxError: "),
        ("\n\nimport no_such_module\n", ":3: cannot be imported: ModuleNotFoundError: "),
        ("\nraise SystemExit(0)\n", ":2: cannot be imported: SystemExit: 0"),
        ("\0", ":1: cannot be imported: "),
        ("x = 1\n", ": no case here; mark a function with @case(...)"),
        (HEAD + "@case('MUST-141')\ndef x(bench):\n" + DOC, ":3: unknown requirement 'MUST-141'"),
        (HEAD + "@case('MUST-14')\ndef x(bench):\n    pass\n", "mine/x has no docstring"),
        (HEAD + "@case()\ndef x(bench):\n" + DOC, ":3: a case names one to three"),
        (HEAD + "@case\ndef x(bench):\n" + DOC, 'wanted a str: write @case("MUST-14")'),
        (HEAD + "@case(14)\ndef x(bench):\n" + DOC, ":3: a requirement is 14, wanted a str"),
        (HEAD + "@case('MUST-14')\ndef x():\n" + DOC, ":3: x() is a case, wanted f(bench)"),
        (HEAD + "@case('MUST-14')\nclass X:\n" + DOC, ":3: @case stands on <class"),
        (HEAD + "@case('MUST-14', ip=4)\ndef x(bench):\n" + DOC, ":3: ip is 4, wanted (4,), (6,)"),
        (HEAD + "@case('MUST-14', needs='x')\ndef x(bench):\n" + DOC, "needs is 'x', wanted a tu"),
        (HEAD + "@case('MUST-14', needs=('ermo',))\ndef x(b):\n" + DOC, "capability 'ermo' (near"),
        (HEAD + "@case('MUST-14', rows={1: 2})\ndef x(b, r):\n" + DOC, "the name of a row is 1"),
        (HEAD + "@case('MUST-14', rows={'a': 2})\ndef x(b):\n" + DOC, "wanted f(bench, row)"),
        (HEAD + "@case('MUST-14', rows={'\\x1b': 2})\ndef x(b, r):\n" + DOC, "control character"),
        (HEAD + "@case('MUST-14', state='OPEN')\ndef x(b):\n" + DOC, "unknown state 'OPEN'"),
        (HEAD + "@case('MUST-14', foo=1)\ndef x(b):\n" + DOC, "unexpected keyword argument 'foo'"),
    ],
)
def test_case_file(tell: Tell, tmp_path: Path, text: str, said: str) -> None:
    """A file of cases that is wrong."""
    (tmp_path / "mine.py").write_text(text)
    status, out, err = tell("run", "reference", "--case", "./mine.py")
    assert (status, out) == (2, "")
    assert "mine.py" in err
    assert said in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def plant(:\n", "bad.py:1: cannot be imported: SyntaxError: "),
        ("\nraise SystemExit\n", "bad.py:2: cannot be imported: SystemExit"),
        ("REQUIREMENT = 'MUST-14'\n", "bad.py: a mutant needs a docstring"),
    ],
)
def test_mutant_file(tmp_path: Path, text: str, said: str) -> None:
    """A mutant that is no mutant."""
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_mutants(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("requirement", "plant", "said"),
    [
        ("MUST-141", "pass", "unknown requirement 'MUST-141'"),
        ("MUST-14", "patch(None, 'x', 1)", "bad.py:4: the fault could not be planted: "),
    ],
)
def test_mutant_of_nothing(tmp_path: Path, requirement: str, plant: str, said: str) -> None:
    """A mutant that breaks an unknown requirement, and one whose fault fits nowhere."""
    text = f'"""Hurts."""\nREQUIREMENT = {requirement!r}\ndef plant(patch):\n    {plant}\n'
    (tmp_path / "bad.py").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        list(kill_table(load_cases(), load_catalogue(), jobs=1, mutants=load_mutants(tmp_path)))
    assert said in str(caught.value)
