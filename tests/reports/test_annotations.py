"""GitHub's workflow commands: what they say, where, how many, and that text cannot forge one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.result import Location
from tcpassay.reports.annotations import MOST, workflow_commands
from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.record import RunRecord

COMMAND = re.compile(r"::(?P<name>\w+) (?P<properties>[^:]*)::(?P<message>.*)")


def read(line: str) -> dict[str, str]:
    """A command as the runner reads it."""
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    pairs = (pair.partition("=") for pair in found["properties"].split(","))
    spelt = {"name": found["name"], "message": found["message"]} | {k: v for k, _, v in pairs}
    return {key: plain(value) for key, value in spelt.items()}


def plain(text: str) -> str:
    """What the runner makes of escapes, `%25` last."""
    for spelt, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(spelt, letter)
    return text


def described(name: str) -> str:
    return f"{name}: 100 %, always"


def test_what_they_say(record: RunRecord) -> None:
    """A run with every verdict; a command for all that the gate objects to, the worst first."""
    told = [read(line) for line in workflow_commands(record, described)]
    assert [each["title"] for each in told] == [
        "lwip: not started",
        "linux: error, expected pass: sockets/b",
        "linux: fail, expected pass: rfc9293/3.10.7.3/rst_with_bad_ack",
        "linux: inconclusive, expected pass: sockets/a",
        "linux: pass, expected deviation: rfc5961/5.2/ack over IPv6",
        "stale expectation",
    ]
    assert {each["name"] for each in told} == {"error"}
    failed, stale = told[2], told[-1]
    assert (failed["file"], failed["line"]) == ("conformance/cases/rfc9293/s3_5.py", "12")
    lines = failed["message"].split("\n")
    assert lines[0] == "the answer has another number than wanted"
    assert "  seg.seq    1    77" in lines
    assert lines[-1] == "RFC9293:MUST-12: 100 %, always"
    assert (stale["file"], stale["line"]) == ("targets/linux/expectations.toml", "9")


def test_a_skipped_target_is_no_trouble(record: RunRecord) -> None:
    """A target that may be skipped; nothing about it."""
    absent = (replace(record.not_started[0], skipped=True),)
    told = "\n".join(workflow_commands(replace(record, not_started=absent), str))
    assert "lwip" not in told


def test_ten_and_how_many_more(record: RunRecord) -> None:
    """Thirty failures; ten commands, and a notice that counts the others."""
    failed = record.cases[1]
    many = tuple(replace(failed, result=replace(failed.result, id=f"a/{n}")) for n in range(30))
    lines = list(workflow_commands(replace(record, cases=many, not_started=(), stale=()), str))
    assert len(lines) == MOST + 1
    assert read(lines[-1])["name"] == "notice"
    assert read(lines[-1])["message"].startswith("20 more troubles")


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("{base}/mine/a,b.py", "mine/a,b.py"),
        ("mine/a,b.py", "mine/a,b.py"),
        ("./mine/../mine/a,b.py", "mine/a,b.py"),
        ("conformance/cases/rfc9293/s3_5.py", None),
        ("{base}/../beside.py", None),
        ("../beside.py", None),
        ("mine", None),
        ("a" * 5000, None),
        ("a\x00b", None),
    ],
)
def test_files_of_the_repository(
    record: RunRecord, tmp_path: Path, name: str, file: str | None, *, stale: bool
) -> None:
    """A place in a file of the repository, and in one that it has not; beside it, or in words."""
    base = tmp_path / "repo"
    (base / "mine").mkdir(parents=True)
    (base / "mine" / "a,b.py").touch()
    (tmp_path / "beside.py").touch()
    name = name.format(base=base)
    case = record.cases[1]
    if stale:
        entry = replace(record.stale[0], file=name, line=3)
        own = replace(record, cases=(), not_started=(), stale=(entry,))
    else:
        result = replace(case.result, location=Location(name, 3))
        own = replace(record, cases=(replace(case, result=result),), not_started=(), stale=())
    (line,) = workflow_commands(own, str, base)
    told = read(line)
    if file is None:
        assert told.keys() == {"name", "message", "title"}
        assert told["message"].startswith(f"{one_line(name)}:3: ")
    else:
        assert (told["file"], told["line"]) == (file, "3")
        assert not told["message"].startswith(name)


def test_text_forges_no_command(record: RunRecord) -> None:
    """Line ends, colons, commas and percent signs; one line, and the text as it was."""
    case = record.cases[1]
    text = "a\n::error::b%0A::stop-commands::c,file=d:e"
    result = replace(case.result, message=text, diff=(), location=Location(text, 1))
    own = replace(record, cases=(replace(case, result=result),), not_started=(), stale=())
    (line,) = workflow_commands(own, str)
    assert "\n" not in line
    told = read(line)
    assert told["message"].startswith(text + "\n")
    assert told["file"] == text.replace("\n", "\\n")
    assert told.keys() == {"name", "message", "file", "line", "title"}
