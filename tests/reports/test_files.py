"""The run's folder: never another run's files, never half a file."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.core.whole import write_whole
from tcpassay.reports.files import (
    OutputFolder,
    default_folder,
    file_name,
    require_writable,
    write_text,
)


def test_earlier_run_moves_aside(tmp_path: Path) -> None:
    """The same folder used three times; each run's files are kept."""
    for run in ("first", "second", "third"):
        folder = OutputFolder(tmp_path)
        folder.append(run)
        folder.write("traces/linux/a.json", partial(_put, run))
        folder.close()
    found = {
        path.relative_to(tmp_path).as_posix(): path.read_text().strip()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert found == {
        "run.jsonl": "third",
        "traces/linux/a.json": "third",
        "earlier/1/run.jsonl": "first",
        "earlier/1/traces/linux/a.json": "first",
        "earlier/2/run.jsonl": "second",
        "earlier/2/traces/linux/a.json": "second",
    }


def _put(text: str, path: Path) -> None:
    path.write_text(text)


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Two runs at once in one folder; the second is told so and the first loses nothing."""
    first = OutputFolder(tmp_path)
    first.append("mine")
    with pytest.raises(ConfigurationError, match="another run is writing here"):
        OutputFolder(tmp_path)
    first.close()
    assert (tmp_path / "run.jsonl").read_text() == "mine\n"
    OutputFolder(tmp_path).close()


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be; exit 2 with a way out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot write the run's files here") as caught:
        OutputFolder(tmp_path / "file" / "out")
    assert "--out DIR" in str(caught.value)


def test_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ENOSPC on a line of the record; an error that names file and cause."""
    folder = OutputFolder(tmp_path)

    def full(_fd: int, _octets: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(TcpassayError, match=r"run\.jsonl: not written: No space left") as caught:
        folder.append("x")
    assert caught.value.exit_code == 3
    folder.close()


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A writer that fails half way; the earlier file is whole and nothing lies beside it."""
    path = tmp_path / "report.json"
    write_text(path, "old")

    def half(part: Path) -> None:
        part.write_text("ne")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(TcpassayError, match="No space left"):
        write_whole(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_names_are_distinct_and_plain() -> None:
    """Ids that differ only in odd characters, length or IP version; different names."""
    ids = ["a/b", "a__b?", "a/b?", "x" * 300, "x" * 301, "a\nb", "../../etc/passwd"]
    names = [file_name(case, 4) for case in ids] + [file_name("a/b", 6)]
    assert len(set(names)) == len(names)
    assert names[0] == "a__b"
    assert names[-1] == "a__b.ipv6"
    assert all("/" not in name and len(name) < 240 and "\n" not in name for name in names)


def test_default_folder_is_new(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two runs in one second; two folders."""
    monkeypatch.chdir(tmp_path)
    started = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    first = default_folder(started)
    first.mkdir(parents=True)
    assert first == Path("tcpassay-out/20260301-120005")
    assert default_folder(started) == Path("tcpassay-out/20260301-120005-2")


def test_report_path_is_checked_early(tmp_path: Path) -> None:
    """A folder, or a path below a file, given as a report; exit 2 names the option."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"--junit .* is a folder"):
        require_writable(tmp_path, "--junit")
    with pytest.raises(ConfigurationError, match=r"--json .* cannot make its folder"):
        require_writable(tmp_path / "file" / "x" / "run.json", "--json")
    require_writable(tmp_path / "new" / "run.json", "--json")
    assert (tmp_path / "new").is_dir()
