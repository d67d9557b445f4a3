"""`replay` of files that are no trace, or no longer one: one line, exit 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Tell = Callable[..., tuple[int, str, str]]
Json = dict[str, Any]


@pytest.fixture
def trace(tell: Tell, tmp_path: Path) -> Json:
    """A trace of the reference stack."""
    case = "rfc9293/3.10.7.2/rst_is_ignored"
    status, _, err = tell("run", "reference", "--case", case, "--pcap", "always", "--out", "out")
    assert status == 0, err
    file = min((tmp_path / "out/traces/reference").iterdir())
    found: Json = json.loads(file.read_text())
    return found


def first(trace: Json, kind: str) -> Json:
    """What the first event of a kind says."""
    said: Json = next(event["data"] for event in trace["events"] if event["kind"] == kind)
    return said


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "t.json: line 1 column 1: not JSON (Expecting value); is the file whole?"),
        (b'{"schema": 1, "case": "a', "t.json: line 1 column 23: not JSON (Unterminated"),
        (b"\xff\xfe", "t.json: "),
        (b"[]", 't.json: not a trace file; wanted an object with "schema"'),
        (b'{"schema": 2}', "t.json: trace version 2; this tcpassay reads version 1"),
        (b'{"schema": 1}', "t.json: the head of the trace: "),
    ],
)
def test_no_trace(tell: Tell, tmp_path: Path, octets: bytes, said: str) -> None:
    """A file that is no trace of version 1."""
    (tmp_path / "t.json").write_bytes(octets)
    status, out, err = tell("replay", "t.json")
    assert (status, out) == (2, "")
    assert err.startswith(f"tcpassay: {said}")
    assert err.count("\n") == 1


def _no_target(trace: Json) -> None:
    trace["target"] = "referense"


def _no_verdict(trace: Json) -> None:
    trace["info"]["verdict"] = ["pass"]


def _requirement(trace: Json) -> None:
    first(trace, "expect")["requirement"] = 14


def _no_call(trace: Json) -> None:
    first(trace, "return")["call"] = 99


def _want(trace: Json) -> None:
    for event in trace["events"]:
        if event["kind"] == "expect":
            event["data"]["want"] = {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_no_target, "unknown target 'referense' (nearest: 'reference')"),
        (_no_verdict, "names no verdict; wanted one of pass, fail"),
        (_requirement, "requirement"),
        (_no_call, "event "),
        (_want, "event "),
    ],
)
def test_changed_trace(
    tell: Tell, tmp_path: Path, trace: Json, change: Callable[[Json], None], said: str
) -> None:
    """A trace changed by hand so that it makes no sense; the event that does not is named."""
    change(trace)
    (tmp_path / "t.json").write_text(json.dumps(trace))
    status, _, err = tell("replay", "t.json")
    assert status == 2
    assert said in err
    assert err.startswith("tcpassay: ")
    assert err.count("\n") == 1
