"""Archives and bundles: whatever a run left gives the same record and the same traces."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest
from referencing import Registry, Resource

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.archive import LONGEST_TRACE, Archive
from tcpassay.reports.baseline import baseline_file, read_outcomes
from tcpassay.reports.bundle import LONGEST_TEXT, write_bundle
from tcpassay.reports.files import OutputFolder
from tcpassay.reports.read import read_record
from tcpassay.reports.recorder import Recorder, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.result import RunEvent
    from tcpassay.reports.record import CaseRecord, RunRecord


@pytest.fixture
def run(events: list[RunEvent], tmp_path: Path) -> Path:
    """The folder of the run, with its traces and a run.json."""
    folder = tmp_path / "out"
    out = OutputFolder(folder)
    recorder = Recorder(out)
    for event in events:
        recorder(event)
    out.close()
    write_json(folder / "run.json", recorder.record)
    return folder


def bundle_of(run: Path, path: Path) -> Path:
    """A bundle of what is in `run`."""
    archive = Archive.open(run)
    assert archive.record is not None
    write_bundle(path, archive.record, archive)
    assert archive.troubles == []
    return path


def kept(record: RunRecord | None) -> list[CaseRecord]:
    """The cases whose trace was kept."""
    assert record is not None
    return [case for case in record.cases if case.trace is not None]


def valid(value: object) -> None:
    """Hold a bundle against its schema, and the record in it against that of records."""
    schemas = [
        json.loads((content_root() / f"reports/schema/{name}-v1.json").read_text())
        for name in ("report", "run")
    ]
    known: Registry[object] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    jsonschema.Draft202012Validator(schemas[0], registry=known).validate(value)


def test_every_form_gives_the_same(run: Path, tmp_path: Path) -> None:
    """A folder, its run.jsonl, its run.json and a bundle; the same record, the same traces."""
    bundle = bundle_of(run, tmp_path / "elsewhere" / "report.json")
    archives = [Archive.open(path) for path in (run, run / "run.jsonl", run / "run.json", bundle)]
    first = archives[0]
    assert len(kept(first.record)) == 5
    traces = [first.trace(case) for case in kept(first.record)]
    assert None not in traces
    for archive in archives[1:]:
        assert archive.record == first.record
        assert [archive.trace(case) for case in kept(archive.record)] == traces
    assert [archive.folder for archive in archives] == [run, run, run, None]


def test_a_bundle_is_read_wherever_a_record_is(run: Path, tmp_path: Path) -> None:
    """A bundle where a record is wanted; the record. A folder with nothing else in it, as well."""
    bundle = bundle_of(run, tmp_path / "alone" / "report.json")
    assert read_record(bundle) == read_record(run)
    assert read_record(bundle.parent) == read_record(run)
    assert read_outcomes(bundle) == read_outcomes(run)


def test_a_bundle_of_a_bundle_is_the_same(run: Path, tmp_path: Path) -> None:
    """A bundle read and written again; the same octets, which the schema accepts."""
    once = bundle_of(run, tmp_path / "1.json")
    again = bundle_of(once, tmp_path / "2.json")
    assert once.read_bytes() == again.read_bytes()
    value = json.loads(once.read_bytes())
    valid(value)
    value["traces"][next(iter(value["traces"]))]["schema"] = 2
    with pytest.raises(jsonschema.ValidationError):
        valid(value)


def test_a_killed_run_gives_a_bundle(run: Path, tmp_path: Path) -> None:
    """run.jsonl cut in its last line; the cases before it with their traces, and not complete."""
    lines = (run / "run.jsonl").read_bytes()
    (run / "run.jsonl").write_bytes(lines[: lines.index(b'"sockets/b"')])
    record = read_record(bundle_of(run / "run.jsonl", tmp_path / "b.json"))
    assert not record.complete
    assert [case.result.id for case in record.cases][-1] == "sockets/a"
    archive = Archive.open(tmp_path / "b.json")
    assert all(archive.trace(case) for case in kept(archive.record))


def test_files_of_a_case(run: Path) -> None:
    """A case that kept both, one that kept nothing, files that have gone; paths that are there."""
    archive = Archive.open(run)
    case = kept(archive.record)[0]
    trace, capture = archive.link(case, "trace"), archive.link(case, "capture")
    assert trace == run / str(case.trace)
    assert capture is not None
    assert capture.suffix == ".pcapng"
    nothing = replace(case, trace=None, capture=None)
    assert (archive.link(nothing, "trace"), archive.trace(nothing)) == (None, None)
    assert archive.troubles == []
    trace.unlink()
    assert (archive.link(case, "trace"), archive.trace(case)) == (None, None)
    assert archive.troubles == [
        f"1 trace of the record not in {run}, {case.trace} for one; name the run's own folder"
    ]


@pytest.mark.parametrize(
    "name", ["../secret.json", "/etc/hostname", "traces", "a\x00b", "x" * 5000]
)
def test_paths_that_lead_elsewhere_are_none(name: str, run: Path) -> None:
    """A record whose paths leave the folder, or are no file's; nothing is read or linked."""
    (run.parent / "secret.json").write_text("{}")
    archive = Archive.open(run)
    case = replace(kept(archive.record)[0], trace=name, capture=name)
    assert archive.link(case, "trace") is None
    assert archive.link(case, "capture") is None
    assert archive.trace(case) is None


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"\xff", "not a trace"),
        (b"[" * 100_000, "not a trace"),
        (b'{"schema": 1, "a": NaN}', "the head of the trace"),
        (b"[1]", "not a trace file"),
        (b" " * (LONGEST_TRACE + 1), "left out: longer than"),
    ],
    ids=["binary", "deep", "keys", "array", "long"],
)
def test_a_trace_that_cannot_be_read_is_not_there(octets: bytes, why: str, run: Path) -> None:
    """A damaged trace; the others are, and what is wrong with it is told in one line."""
    archive = Archive.open(run)
    damaged, *whole = kept(archive.record)
    (run / str(damaged.trace)).write_bytes(octets)
    assert archive.trace(damaged) is None
    assert all(archive.trace(case) for case in whole)
    (trouble,) = archive.troubles
    assert why in trouble
    assert "\n" not in trouble


def test_lost_traces_are_one_line(run: Path, tmp_path: Path) -> None:
    """run.json without its folder, read twice, and a bundle of it; one line that counts them."""
    (tmp_path / "run.json").write_bytes((run / "run.json").read_bytes())
    archive = Archive.open(tmp_path / "run.json")
    assert archive.record is not None
    for _ in range(2):
        assert write_bundle(tmp_path / "b.json", archive.record, archive) == 0
        (trouble,) = archive.troubles
        assert trouble.startswith(f"5 traces of the record not in {tmp_path}, traces/")
    bundle = Archive.open(tmp_path / "b.json")
    assert {bundle.trace(case) for case in kept(bundle.record)} == {None}
    (trouble,) = bundle.troubles
    assert trouble.startswith("5 traces of the record not in the bundle, traces/")


def test_a_trace_that_is_no_json_is_left_out(run: Path, tmp_path: Path) -> None:
    """NaN in a trace, which Python reads and JSON has not; the bundle is JSON without it."""
    archive = Archive.open(run)
    assert archive.record is not None
    (run / str(kept(archive.record)[0].trace)).write_text('{"schema": 1, "x": NaN}')
    assert write_bundle(tmp_path / "b.json", archive.record, archive) == 4
    assert "not JSON" in archive.troubles[0]
    valid(json.loads((tmp_path / "b.json").read_text()))


def test_endless_texts_are_cut(run: Path, tmp_path: Path) -> None:
    """A million characters of a stack's; the first of them, and how many more there were."""
    archive = Archive.open(run)
    assert archive.record is not None
    case = archive.record.cases[0]
    long = replace(case, result=replace(case.result, stderr="é\ud800" * 500_000))
    write_bundle(tmp_path / "b.json", replace(archive.record, cases=(long,)), archive)
    (read,) = read_record(tmp_path / "b.json").cases
    assert len(read.result.stderr) < LONGEST_TEXT + 40
    assert read.result.stderr.endswith("... (983616 more characters)")


def test_a_baseline_has_outcomes_alone() -> None:
    """One of the project's baselines; its outcomes, no record, no folder."""
    archive = Archive.open(baseline_file("reference"))
    assert archive.outcomes == read_outcomes(baseline_file("reference"))
    assert (archive.record, archive.folder) == (None, None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"report": 2}', "a bundle of version 2, not 1"),
        ('{"report": 1, "record": {}}', "its version is none"),
        ('{"report": 1, "record": [], "traces": {}}', "wanted an object"),
        ("[" * 100_000, "nested too deeply"),
        ('{"header": ' * 5_000, "nested too deeply"),
    ],
)
def test_other_files_are_refused(text: str, complaint: str, tmp_path: Path) -> None:
    """What is no bundle of version 1; one line that names the file and what is wrong."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=r"x\.json") as caught:
        Archive.open(path)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
