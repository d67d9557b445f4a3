"""The folder of a campaign: what is refused, what is mended, what a full disk leaves."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.fuzz.campaign.lines import Lines, read_lines
from tcpassay.fuzz.campaign.stays_file import Progress, StaysFile
from tcpassay.fuzz.campaign.store import Identity, Store, read_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTITY = Identity("reference", "tcpref 0.1.0", 7, "all", 4, ("a", "b"), {"fuzz/corpus": "12"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a campaign that has begun and was closed."""
    Store.begin(tmp_path / "out", IDENTITY).close()
    return tmp_path / "out"


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files may not become larger than they are: EFBIG, as a full disk is ENOSPC."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_lines_of_earlier_sessions(folder: Path) -> None:
    """Lines added and the folder closed; they are there again."""
    store = Store.resume(folder, IDENTITY)
    store.add("findings", {"found": 1})
    store.add("findings", {"found": "é\n"}, sync=True)
    store.close()
    store = Store.resume(folder, IDENTITY)
    assert store.earlier["findings"] == [{"found": 1}, {"found": "é\n"}]
    assert store.notes == []
    store.close()


def test_a_torn_line_is_told_and_dropped(folder: Path) -> None:
    """A line cut short by a kill; it is told of, and what is added stands by itself."""
    path = folder / "corpus.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b": ')
    store = Store.resume(folder, IDENTITY)
    store.add("corpus", {"c": 3})
    store.close()
    assert len(store.notes) == 1
    assert str(path) in store.notes[0]
    assert path.read_bytes() == b'{"a": 1}\n{"c": 3}\n'


def test_a_line_that_is_no_json(folder: Path) -> None:
    """A damaged line in the middle; an error with file and line, and the file as it was."""
    path = folder / "findings.jsonl"
    path.write_bytes(b'{"a": 1}\nnonsense\n{"b": 2}\n')
    with pytest.raises(ConfigurationError, match=r"findings\.jsonl:2: no JSON"):
        Store.resume(folder, IDENTITY)
    assert path.read_bytes().count(b"\n") == 3


def test_a_campaign_is_not_begun_twice(folder: Path) -> None:
    """A new campaign in the folder of another; refused, with what to do."""
    with pytest.raises(ConfigurationError, match="--resume"):
        Store.begin(folder, IDENTITY)


def test_files_of_something_else(tmp_path: Path) -> None:
    """A folder with somebody's files; refused, and they stay as they are."""
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ConfigurationError, match=r"thesis\.tex"):
        Store.begin(tmp_path, IDENTITY)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_nothing_to_go_on_with(tmp_path: Path) -> None:
    """--resume of a folder without a campaign; says so."""
    with pytest.raises(ConfigurationError, match="no campaign"):
        Store.resume(tmp_path, IDENTITY)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target": "linux"}, "its target was reference, now it is linux"),
        ({"version": "tcpref 9"}, "its version was tcpref 0.1.0, now it is tcpref 9"),
        ({"seed": 8}, "its seed was 7, now it is 8"),
        ({"mode": "sweep"}, "its mode was all"),
        ({"ip": 6}, "its ip was 4"),
        ({"sources": ("a",)}, "its sources was a; b, now it is a"),
        ({"material": {"fuzz/corpus": "13"}}, "fuzz/corpus changed"),
    ],
)
def test_another_campaigns_folder(folder: Path, change: dict[str, object], told: str) -> None:
    """--resume of a campaign whose cases are others; refused, naming what differs."""
    with pytest.raises(ConfigurationError, match=told):
        Store.resume(folder, IDENTITY._replace(**change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"schema": 2}', "schema 2; this tcpassay reads schema 1"),
        ("[]", "not a campaign"),
        ('{"schema": 1, "target": "x"}', "not a campaign"),
        ("{", "not a campaign"),
    ],
)
def test_a_campaign_file_that_is_none(folder: Path, text: str, told: str) -> None:
    """campaign.json of another version, or of something else; one clear line."""
    (folder / "campaign.json").write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        read_identity(folder)


def test_two_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second process at the same campaign; refused."""
    monkeypatch.setattr("tcpassay.fuzz.campaign.store._LEAVING_S", 0.0)
    store = Store.resume(folder, IDENTITY)
    with pytest.raises(ConfigurationError, match="another tcpassay"):
        Store.resume(folder, IDENTITY)
    store.close()
    Store.resume(folder, IDENTITY).close()


def test_a_folder_that_cannot_be_written() -> None:
    """A folder where nobody may make one; one clear line."""
    with pytest.raises(ConfigurationError, match="cannot write the campaign here"):
        Store.begin(Path("/proc/tcpassay-out"), IDENTITY)


def test_killed_before_it_had_begun(folder: Path) -> None:
    """What a kill leaves before campaign.json is written; the folder is as good as empty."""
    (folder / "campaign.json").rename(folder / ".campaign.json.1.part")
    Store.begin(folder, IDENTITY).close()
    assert read_identity(folder) == IDENTITY


def test_a_progress_of_somebody_elses(tmp_path: Path) -> None:
    """A folder in which only a file `progress` lies, not ours; refused, and it stays."""
    (tmp_path / "progress").write_text("50 %")
    with pytest.raises(ConfigurationError, match="something else"):
        Store.begin(tmp_path, IDENTITY)
    assert (tmp_path / "progress").read_text() == "50 %"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """--out names a file; one clear line."""
    (tmp_path / "out").write_text("x")
    with pytest.raises(ConfigurationError, match="cannot write the campaign here"):
        Store.begin(tmp_path / "out", IDENTITY)


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """No room in the midst of a line; an error that says so, and nothing of the line."""
    path = tmp_path / "x.jsonl"
    lines = Lines(path)
    lines.add("a" * 60)
    with pytest.raises(TcpassayError, match=r"not written.*--resume"):
        lines.add("b" * 60)
    lines.close()
    assert read_lines(path).values == ["a" * 60]
    assert read_lines(path).torn == 0


def test_a_full_disk_leaves_no_half_file(folder: Path, request: pytest.FixtureRequest) -> None:
    """No room for a trace; an error, and neither it nor its beginning is there."""
    store = Store.resume(folder, IDENTITY)
    request.getfixturevalue("no_room")
    with pytest.raises(TcpassayError, match="not written"):
        store.write("findings/x.json", b"x" * 200)
    store.close()
    assert list((folder / "findings").iterdir()) == []


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_counts_no_case(tmp_path: Path) -> None:
    """No room for a stay's progress; an error, and the others are as they were."""
    stays = StaysFile(tmp_path / "progress", new=True)
    stays.set(3, Progress(5, 4, 1))
    with pytest.raises(TcpassayError, match="not written"):
        stays.set(300, Progress(1))
    assert stays.all() == [Progress(), Progress(), Progress(), Progress(5, 4, 1)]
    stays.close()


def test_progress_of_stays(tmp_path: Path) -> None:
    """Stays written in any order; all of them, and one by one."""
    stays = StaysFile(tmp_path / "progress", new=True)
    stays.set(2, Progress(256, 200, 3, over=True))
    stays.set(0, Progress(17, 1, 0))
    assert stays.all() == [
        Progress(17, 1, 0),
        Progress(),
        Progress(256, 200, 3, over=True),
    ]
    assert stays.get(2) == Progress(256, 200, 3, over=True)
    assert stays.get(9) == Progress()
    stays.close()


def test_progress_of_something_else(tmp_path: Path) -> None:
    """A file `progress` of another program; refused."""
    (tmp_path / "progress").write_text("50 %")
    with pytest.raises(ConfigurationError, match="progress: not written by"):
        StaysFile(tmp_path / "progress", new=False)


def test_torn_line_may_be_long(tmp_path: Path) -> None:
    """A line without its end, longer than what is looked at at once; before it a whole one."""
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'"whole"\n"' + b"x" * 200_000)
    assert read_lines(path, mend=True) == (["whole"], 200_001)
    assert path.read_bytes() == b'"whole"\n'
    path.write_bytes(b'"' + b"x" * 70_000)
    assert read_lines(path, mend=True) == ([], 70_001)
    assert path.read_bytes() == b""
