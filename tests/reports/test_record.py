"""The run record: schema, reading back, kills and garbage."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.reports.files import OutputFolder
from tcpassay.reports.read import read_record
from tcpassay.reports.record import record_json
from tcpassay.reports.recorder import Recorder, write_json
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from tcpassay.conformance.result import RunEvent
    from tcpassay.reports.record import RunRecord


def _schema() -> dict[str, object]:
    text = (content_root() / "reports/schema/run-v1.json").read_text()
    schema: dict[str, object] = json.loads(text)
    return schema


def _recorded(events: list[RunEvent], folder: Path) -> Recorder:
    out = OutputFolder(folder)
    recorder = Recorder(out)
    for event in events:
        recorder(event)
    out.close()
    return recorder


def test_schema_is_one() -> None:
    """The schema itself; valid draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(_schema())


def test_record_matches_schema(record: RunRecord) -> None:
    """A record with every verdict; the schema accepts it and refuses it once it is damaged."""
    value = json.loads(json.dumps(record_json(record), allow_nan=False))
    jsonschema.validate(value, _schema())
    value["cases"][0]["verdict"] = "passed"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, _schema())


def test_both_forms_read_back_the_same(events: list[RunEvent], tmp_path: Path) -> None:
    """A run written as run.jsonl and as run.json; both read back as it was."""
    recorder = _recorded(events, tmp_path / "out")
    write_json(tmp_path / "run.json", recorder.record)
    from_lines = read_record(tmp_path / "out")
    assert from_lines == read_record(tmp_path / "run.json")
    assert from_lines.cases[1].result.diff == recorder.record.cases[1].result.diff
    assert from_lines.stale == recorder.record.stale
    assert from_lines.complete
    assert record_json(from_lines) == record_json(recorder.record)


def test_killed_run_is_readable(events: list[RunEvent], tmp_path: Path) -> None:
    """The file cut anywhere in its last case; the cases before it are there, and not complete."""
    _recorded(events, tmp_path)
    lines = (tmp_path / "run.jsonl").read_text().splitlines()
    for cut in (0, 1, 10, len(lines[5]) - 1):
        (tmp_path / "cut.jsonl").write_text("\n".join(lines[:5]) + "\n" + lines[5][:cut])
        killed = read_record(tmp_path / "cut.jsonl")
        assert [case.result.id for case in killed.cases] == [
            "rfc9293/3.5/three_way_handshake",
            "rfc9293/3.10.7.3/rst_with_bad_ack",
            "rfc5961/4.2/syn",
        ]
        assert killed.totals["linux"][Verdict.FAIL] == 1
        assert not killed.complete


def test_a_kill_within_a_character(events: list[RunEvent], tmp_path: Path) -> None:
    """A last line of characters of two to four octets cut at each of them; the cases before it."""
    _recorded(events, tmp_path)
    *lines, last = (tmp_path / "run.jsonl").read_bytes().splitlines()[:5]
    last = last.replace(b'"message": "', '"message": "é€\U0001f600'.encode(), 1)
    assert not last.isascii()
    for cut in range(len(last)):
        (tmp_path / "cut.jsonl").write_bytes(b"\n".join([*lines, last[:cut]]))
        killed = read_record(tmp_path / "cut.jsonl")
        assert len(killed.cases) == 2
        assert not killed.complete
    (tmp_path / "cut.jsonl").write_bytes(b"\n".join([*lines, b"\xc3", last]))
    with pytest.raises(ConfigurationError, match=r"octet \d+ is not UTF-8"):
        read_record(tmp_path / "cut.jsonl")


@pytest.mark.parametrize("seconds", [10**400, -(10**400), float("nan"), float("inf"), "1"])
def test_times_are_finite(seconds: object, events: list[RunEvent], tmp_path: Path) -> None:
    """A time that is no finite number; refused in one line, also where it has 400 digits."""
    value = record_json(_recorded(events, tmp_path).record)
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**value, "wall_s": seconds}))
    with pytest.raises(ConfigurationError, match="wanted a finite number"):
        read_record(path)


def test_only_a_header_is_a_record(events: list[RunEvent], tmp_path: Path) -> None:
    """A run killed before its first case ended; a record without cases."""
    _recorded(events[:1], tmp_path)
    killed = read_record(tmp_path)
    assert (killed.seed, killed.cases, killed.complete) == (7, (), False)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "version is none"),
        ("garbage", "line 1 is not a line"),
        ("[1, 2]", "line 1 is not a line"),
        ('{"schema": 2}', "version is 2"),
        ('{"header": {"schema": 9}}\n', "version is 9"),
        ('{"schema": 1}', "KeyError: 'cases'"),
        ('{"header": 5}', "TypeError"),
        ('{"header": {"schema": 1}}\nx\n{"case": {}}', "line 2 is not a line"),
        (
            (
                '{"schema": 1, "tool": {"name": "a", "version": "b"}, "seed": "x", "started": "",'
                ' "targets": [], "cases": [], "totals": {}, "wall_s": 0}'
            ),
            "wanted a whole number, got 'x'",
        ),
    ],
)
def test_other_files_are_refused(text: str, complaint: str, tmp_path: Path) -> None:
    """A file that is no record of version 1; one line that names the file and what is wrong."""
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_record(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    """No file, then octets that are not UTF-8; one line each."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_record(tmp_path / "none.json")
    (tmp_path / "x.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="octet 0 is not UTF-8"):
        read_record(tmp_path / "x.json")


def test_full_disk_costs_no_verdict(
    events: list[RunEvent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines and files that cannot be written; the first such error is kept, and every verdict."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = OutputFolder(tmp_path)
    recorder = Recorder(out)
    recorder(events[0])
    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(tempfile, "mkstemp", full)
    for event in events[1:]:
        recorder(event)
    out.close()
    assert "No space left on device; free space" in str(recorder.trouble)
    assert len(recorder.record.cases) == 9
    assert not any(case.trace or case.capture for case in recorder.record.cases)
    assert recorder.record.complete


def test_a_trace_that_cannot_be_told(
    events: list[RunEvent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in the writing of traces; the verdicts stay, the trouble names the first case."""

    def fault(*_: object, **_named: object) -> None:
        raise LookupError("connection 3")

    monkeypatch.setattr(tracefile, "dump", fault)
    recorder = _recorded(events, tmp_path)
    assert "rst_with_bad_ack: its files cannot be written: LookupError: connection 3" in str(
        recorder.trouble
    )
    assert len(recorder.record.cases) == 9
