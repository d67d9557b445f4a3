"""`tcpassay fuzz`: exit codes, files, bad usage, a case alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema

from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Run = Callable[..., "Answer"]


def test_nothing_found(tcpassay: Run, tmp_path: Path) -> None:
    """The reference stack; 0, a summary, and the three reports."""
    answer = tcpassay(
        *("fuzz", "reference", "--mode", "sweep", "--cases", "80", "--seed", "3", "--out", "o"),
        *("--json", "r.json", "--junit", "r.xml", "--html", "r.html"),
    )
    assert answer.code == 0, answer.out + answer.err
    assert "80 cases: 0 findings" in answer.out
    assert "seed 3" in answer.out
    schema = json.loads((content_root() / "reports/schema/fuzz-v1.json").read_text())
    value = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(value, schema)
    assert value["complete"]
    assert value["cases"] == value["session"]["cases"] == 80
    assert (tmp_path / "r.xml").read_text().startswith("<?xml")
    assert (tmp_path / "r.html").read_text().startswith("<section")


def test_going_on(tcpassay: Run, tmp_path: Path) -> None:
    """--resume to more cases, again to as many, and without an --out."""
    options = ("fuzz", "reference", "--mode", "sweep", "--out", "o")
    assert tcpassay(*options, "--cases", "30", "--seed", "3").code == 0
    answer = tcpassay(*options, "--cases", "50", "--resume")
    assert answer.code == 0
    assert "50 cases (30 in earlier sessions)" in answer.out
    assert "going on behind 30 cases" in answer.err
    assert "50 cases (50 in earlier" in tcpassay(*options, "--cases", "50", "--resume").out
    without = tcpassay("fuzz", "reference", "--resume")
    assert without.code == 2
    assert "--out" in without.err
    assert not (tmp_path / "tcpassay-out").exists()


def test_another_campaigns_folder(tcpassay: Run) -> None:
    """A folder of another seed, of another target, begun twice; 2 and one line each."""
    options = ("fuzz", "reference", "--mode", "sweep", "--cases", "5", "--out", "o")
    assert tcpassay(*options, "--seed", "3").code == 0
    for more, told in (
        (("--seed", "4", "--resume"), "its seed was 3, now it is 4"),
        (("--seed", "3"), "--resume"),
    ):
        answer = tcpassay(*options, *more)
        assert answer.code == 2
        assert told in answer.err
        assert answer.err.count("\n") == 1


def test_bad_usage(tcpassay: Run) -> None:
    """An unknown target, a folder for a file, a case of no campaign; 2 and one line."""
    for options, told in (
        (("referense",), "reference"),
        (("reference", "--json", "."), "is a folder"),
        (("reference", "--alone", "7"), "--seed"),
        (("reference", "--resume", "--out", "nowhere"), "no campaign"),
        (("reference", "--mode", "sweep", "--seed", "1", "--alone", "999999999"), "no such case"),
    ):
        answer = tcpassay("fuzz", *options)
        assert answer.code == 2, answer
        assert told in answer.err
        assert answer.err.count("\n") == 1


def test_another_target_beside(tcpassay: Run, tmp_path: Path) -> None:
    """--differential; what differs is told once each, in JSON too, and is no finding."""
    options = ("fuzz", "reference", "--mode", "sweep", "--cases", "20", "--seed", "1", "--out", "o")
    answer = tcpassay(*options, "--differential", "reference-documents", "--json", "r.json")
    assert answer.code == 0, answer.out + answer.err
    value = json.loads((tmp_path / "r.json").read_text())
    schema = json.loads((content_root() / "reports/schema/fuzz-v1.json").read_text())
    jsonschema.validate(value, schema)
    lines = (tmp_path / "o" / "hints.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == value["hints"]
    kinds = [(hint["input"], *hint["answers"]) for hint in value["hints"]]
    assert len(set(kinds)) == len(kinds)
    itself = tcpassay("fuzz", "reference", "--differential", "reference")
    assert itself.code == 2
    assert "another target" in itself.err


def test_a_target_that_dies_at_start(tcpassay: Run, tmp_path: Path) -> None:
    """An agent that ends at once; 4, one line, no folder."""
    (tmp_path / "target.toml").write_text(
        'name = "stillborn"\nkind = "process"\nclock = "virtual"\n'
        '[start]\ncommand = ["false"]\n'
        '[addresses.ipv4]\nstack = ["192.0.2.1"]\npeer = "192.0.2.2"\nprefix = 24\n'
    )
    answer = tcpassay("fuzz", "./target.toml", "--out", "o")
    assert answer.code == 4
    assert "stillborn" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "o").exists()


def test_a_case_alone(tcpassay: Run) -> None:
    """--alone; the case in notation and what it gives, the same each time."""
    options = ("fuzz", "reference", "--mode", "sweep", "--seed", "3", "--alone", "17")
    first, second = tcpassay(*options), tcpassay(*options)
    assert first == second
    assert first.code == 0
    assert first.out.startswith("case 17: sweep/")
    assert first.out.endswith("0 alarms\n")


def test_help_imports_little() -> None:
    """`fuzz --help` in a fresh process; neither Scapy nor the oracle nor boofuzz is imported."""
    script = (
        "import atexit, sys\n"
        "from tcpassay.cli import main\n"
        "heavy = ('scapy', 'boofuzz', 'jinja2', 'tcpassay.model.oracle')\n"
        "heavy += ('tcpassay.fuzz.campaign.engine',)\n"
        "atexit.register(lambda: print('HEAVY', [m for m in heavy if m in sys.modules]))\n"
        "main()\n"
    )
    command = [sys.executable, "-c", script, "fuzz", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--resume" in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"
