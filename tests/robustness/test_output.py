"""Where results cannot be written: nothing runs, or what ran is told, and no half file stays."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.reports.read import read_record

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.robustness.conftest import Ended, Program

    Tell = Callable[..., Ended]

RUN = ("run", "reference", "--case", str(Path(__file__).parent / "nine.py"))
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system: run it as root")


@pytest.mark.parametrize(
    ("option", "path", "said"),
    [
        ("--out", "file", "file: cannot write the run's files here (File exists); give --out DIR"),
        ("--out", "/proc/x", "/proc/x: cannot write the run's files here"),
        ("--json", "/proc/x/y", "--json /proc/x/y: cannot make its folder"),
        ("--junit", "file/y", "--junit file/y: cannot make its folder (File exists)"),
        ("--junit", ".", "--junit .: is a folder; name a file"),
    ],
)
def test_refused_before_anything_runs(
    tell: Tell, tmp_path: Path, option: str, path: str, said: str
) -> None:
    """A place that cannot be written; exit 2, and no result."""
    (tmp_path / "file").write_text("kept")
    ended = tell(*RUN, option, path)
    assert ended.code == 2
    assert said in ended.said
    assert ended.out == ""
    assert (tmp_path / "file").read_text() == "kept"


def test_out_that_is_there(tell: Tell, tmp_path: Path) -> None:
    """The same --out twice; the first run's files are moved, not mixed in nor lost."""
    assert tell(*RUN, "--out", "out", "--seed", "1").code == 0
    assert tell(*RUN, "--out", "out", "--seed", "2").code == 0
    assert read_record(tmp_path / "out").seed == 2
    assert read_record(tmp_path / "out/earlier/1").seed == 1


@as_root
def test_full_disk(program: Program, tmp_path: Path) -> None:
    """A file system of 64 KiB; exit 3 with one line, the table on standard output all the same."""
    (tmp_path / "full").mkdir()
    mount = f"mount -t tmpfs -o size=64k none {tmp_path}/full && " + 'exec "$@"'
    check = "find full -name '*.part' | wc -l >parts"
    before = ("unshare", "-m", "sh", "-c", f"({mount}); code=$?; {check}; exit $code", "-")
    ended = program(*RUN, "--out", "full/out", "--pcap", "always", before=before)
    assert ended.code == 3
    assert "not written: No space left on device; free space or give --out DIR" in ended.said
    assert "reference: 9 cases: 9 pass; " in ended.out
    assert (tmp_path / "parts").read_text().strip() == "0"


def test_file_size_limit(program: Program, tmp_path: Path) -> None:
    """RLIMIT_FSIZE of 2 KiB; exit 3, and what was written before is a readable record."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (2048, 2048))
    ended = program(*RUN, "--out", "out", preexec_fn=limit)
    assert ended.code == 3
    assert "run.jsonl: not written: File too large" in ended.said
    assert read_record(tmp_path / "out").complete is False


@as_root
def test_devices_are_written_to_not_replaced(program: Program, tmp_path: Path) -> None:
    """A character device and a link as --json, standard output as --junit; they stay what they are.

    The device is a node of the test's own: a mistake must not cost the machine its /dev/null.
    """
    node, link = tmp_path / "null", tmp_path / "link"
    os.mknod(node, 0o020666, os.makedev(1, 3))
    link.symlink_to(tmp_path / "real.json")
    assert program(*RUN, "--out", "out", "--json", str(node)).code == 0
    assert node.is_char_device()
    ended = program(*RUN, "--out", "out", "--json", str(link), "--junit", "/dev/stdout")
    assert ended.code == 0
    assert link.is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["totals"]["reference"]["pass"] == 9
    xml = ended.out[ended.out.index("<?xml") :]
    rows = [row.get("classname", "") for row in ET.fromstring(xml).iter("testcase")]  # noqa: S314 - our own
    assert len([row for row in rows if row != "reference.oracle"]) == 9


@pytest.mark.parametrize("arguments", [("list",), (*RUN, "--out", "out")])
def test_full_standard_output(program: Program, arguments: tuple[str, ...]) -> None:
    """Standard output on a full disk; exit 3 and one line."""
    with Path("/dev/full").open("w") as full:
        ended = program(*arguments, stdout=full)
    assert ended.code == 3
    assert ended.said.startswith("tcpassay: output cannot be written: No space left on device")


def test_reader_that_leaves(program: Program) -> None:
    """`| head -1`; it ends as by SIGPIPE, without a word."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        ended = program(*RUN, "--out", "out", stdout=pipe)
    assert ended.code == 141
    assert "running 9 cases" in ended.said


def test_no_standard_streams(program: Program, tmp_path: Path) -> None:
    """Started with standard input, output and error closed; the record is whole, and only that."""
    closed = ("sh", "-c", '"$@" <&- >&- 2>&-', "-")
    assert program(*RUN, "--out", "out", before=closed).code == 0
    cases = read_record(tmp_path / "out").cases
    assert len([case for case in cases if not case.result.of_oracle]) == 9


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_bare_environment(program: Program, locale: str) -> None:
    """No HOME, no TERM, an ASCII locale; the same result, in ASCII where need be."""
    kept = {name: program.environment[name] for name in ("TCPASSAY_TEST_MARK", "TMPDIR")}
    ascii_only = {} if locale == "C.UTF-8" else {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = {**kept, **ascii_only, "LC_ALL": locale, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = program(*RUN, "--out", "out", env=environment)
    assert ended.code == 0
    assert "9 pass; " in ended.out
    assert "all as expected" in ended.out
    assert ended.out.isascii() == bool(ascii_only)
    assert "\x1b" not in ended.out + ended.err


def test_odd_row_names(tell: Tell, tmp_path: Path) -> None:
    """Rows named with quotes, dots, wide letters and 300 of them; a file each, all can be read."""
    rows = [
        "seq=rcv.nxt+1",
        "q\"'<&>|;$(x)`",
        "..",
        "\u00e9\U0001f600",
        "x" * 300,
        "x" * 299 + "y",
        "-rf",
    ]
    (tmp_path / "mine.py").write_text(
        "from tcpassay.conformance.case import case\n"
        f"@case('MUST-14', rows=dict.fromkeys({rows!r}, 1))\n"
        'def odd(bench, row):\n    """Nothing; a failure."""\n'
        "    bench.check(row, 0, 'zero \\x1b[2J \\ud800')\n"
    )
    reports = ("--json", "run.json", "--junit", "junit.xml", "--out", "out")
    ended = tell("run", "reference", "--case", "./mine.py", *reports)
    assert ended.code == 1
    assert "\x1b" not in ended.out + ended.err
    for kind in ("traces", "captures"):
        names = [path.name for path in (tmp_path / "out" / kind / "reference").iterdir()]
        assert len(names) == len(rows)
        assert all(len(name.encode()) <= 255 and name.isascii() for name in names)
    cases = read_record(tmp_path / "out").cases
    assert [case.result.id.rpartition("/")[2] for case in cases] == rows
    suite = ET.parse(tmp_path / "junit.xml").getroot()  # noqa: S314 - our own
    assert len(suite.findall(".//testcase")) == len(rows)


def test_installation_that_cannot_be_written(program: Program, tmp_path: Path) -> None:
    """The tree mounted read-only; nothing is written beside the sources."""
    tree = Path(__file__).parents[2]
    probe = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("unshare -m is not permitted: run it as root")
    mount = f"mount --bind {tree} {tree} && mount -o remount,ro,bind {tree}"
    remount = f'{mount} && cd {tmp_path} && exec "$@"'
    environment = {**program.environment}
    del environment["PYTHONDONTWRITEBYTECODE"]
    ended = program(
        *RUN, "--out", "out", before=("unshare", "-m", "sh", "-c", remount, "-"), env=environment
    )
    assert ended.code == 0, ended.err
