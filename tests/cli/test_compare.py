"""`compare`, `list --coverage`, `expectations update`, `make baselines`: output, exit code."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from tcpassay.cli import baselines
from tcpassay.core.content import content_root
from tcpassay.reports import baseline

Tcpassay = Callable[..., tuple[int, str, str]]

CASE = "rfc9293/3.7.1/*"
ROOT = content_root()


@pytest.fixture
def record(tcpassay: Tcpassay, sample: str) -> Path:
    """A run of the sample's handshake and of the case that fails, unexpectedly, on reference."""
    run = ("run", "reference", "--case", sample, "--requirement", "MUST-14", "--out", "out")
    code, _, _ = tcpassay(*run, "--json", "run.json", "--no-oracle")
    assert code == 3
    return Path("run.json")


def edited(record: Path, name: str, edit: Callable[[dict[str, str]], None]) -> str:
    """A copy of a record with each case edited."""
    value = json.loads(record.read_text())
    for case in value["cases"]:
        edit(case)
    Path(name).write_text(json.dumps(value))
    return name


def page_text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def test_targets_side_by_side(tcpassay: Tcpassay) -> None:
    """Two targets run on a few cases; both columns, files in --out, and the run's exit code."""
    code, out, _ = tcpassay(
        "compare", "reference", "reference-documents", "--case", "rfc9293/3.8.3/unanswered*",
        "--seed", "1", "--out", "out",
    )  # fmt: skip
    assert code == 0
    assert "requirements in which they differ" in out
    assert "RFC9293:MUST-23" in out
    assert Path("out/run.jsonl").is_file()
    assert "<h1>reference and reference-documents, side by side</h1>" in page_text(
        "out/compare.html"
    )
    assert list(Path("out/traces/reference").glob("*unanswered*"))  # of cases that pass
    assert "| RFC9293:MUST-23 | MUST |" in Path("out/compare.md").read_text()
    value = json.loads(Path("out/compare.json").read_text())
    assert [target["name"] for target in value["targets"]] == ["reference", "reference-documents"]
    assert all(row["targets"].keys() == {"reference", "reference-documents"}
               for row in value["requirements"])  # fmt: skip


def test_own_baselines_side_by_side(tcpassay: Tcpassay) -> None:
    """The project's baselines, nothing run; what differs, and with --all what does not."""
    files = [str(baseline.baseline_file(name)) for name in ("reference", "linux")]
    code, out, _ = tcpassay("compare", "--from", *files, "--json", "c.json")
    assert code == 0
    assert "TIME-WAIT lasts, s" in out
    differing = [
        row for row in json.loads(Path("c.json").read_text())["requirements"] if row["differs"]
    ]
    assert f"{len(differing)} of " in out
    assert len(tcpassay("compare", "--from", *files, "--all")[1]) > len(out)


def test_from_ends_as_the_run(tcpassay: Tcpassay, record: Path) -> None:
    """A record with an error, one with an unexpected fail, one as expected; 3, 1, 0."""

    def no_error(case: dict[str, str]) -> None:
        case["verdict"] = "fail" if case["verdict"] == "error" else case["verdict"]

    def fine(case: dict[str, str]) -> None:
        case.update(as_expected=True, verdict="pass")  # type: ignore[call-overload]

    assert tcpassay("compare", "--from", str(record), str(record))[0] == 3
    failing, good = edited(record, "f.json", no_error), edited(record, "g.json", fine)
    assert tcpassay("compare", "--from", failing, good)[0] == 1
    code, out, _ = tcpassay("compare", "--from", good, good)
    assert code == 0
    assert "reference (1: g.json)" in " ".join(out.split())


def test_baseline_tells_what_got_worse(tcpassay: Tcpassay, record: Path) -> None:
    """Pass before, fail now; 1 and the case under its requirement. The other way round; 0."""

    def fine(case: dict[str, str]) -> None:
        case.update(verdict="pass", judged={"RFC9293:MUST-14": "pass"})  # type: ignore[call-overload]

    good = edited(record, "good.json", fine)
    code, out, _ = tcpassay("compare", "--baseline", good, str(record), "--out", "c")
    assert code == 1
    assert "newly failing: 2 cases, 1 requirement" in out
    assert "pass -> fail  reference  mine/sample/wrong/plain" in out
    assert json.loads(Path("c/changes.json").read_text())["worse"] is True
    assert "## newly failing" in Path("c/changes.md").read_text()
    page = Path("c/changes.html").read_text()
    assert "<h2>newly failing</h2>" in page
    assert tcpassay("compare", "--baseline", good, str(record), "--html", "own.html")[0] == 1
    assert Path("own.html").read_text() == page
    code, out, _ = tcpassay("compare", "--baseline", str(record), good)
    assert (code, "newly passing: 2 cases" in out) == (0, True)
    assert tcpassay("compare", "--baseline", good, good)[0] == 0


def test_a_run_cut_short_is_no_run_that_is_as_good(tcpassay: Tcpassay, record: Path) -> None:
    """The lines of a run that was killed, after the whole of it; 1, and how far it came."""
    whole = Path("out/run.jsonl").read_text().splitlines(keepends=True)
    Path("cut.jsonl").write_text("".join(whole[:3]))
    code, out, _ = tcpassay("compare", "--baseline", str(record), "cut.jsonl")
    assert code == 1
    assert "WORSE: the second was cut short: 2 of 3 cases ended; 1 gone" in out
    code, out, _ = tcpassay("compare", "--baseline", str(record), "out")
    assert (code, "nothing changed" in out) == (0, True)


def test_the_picture_of_the_readme(tcpassay: Tcpassay) -> None:
    """The command that the README gives; it draws the picture that is committed."""
    (drawn,) = re.findall(
        r"`tcpassay (compare [^`]*--svg [^`]*)`", (ROOT / "README.md").read_text()
    )
    before, names, after = re.split(r"[{}]", drawn)
    files = [f"{ROOT}/{before.split()[-1]}{name}.json" for name in names.split(",")]
    assert after.endswith("--svg docs/matrix.svg")
    assert tcpassay("compare", "--from", *files, "--svg", "m.svg")[0] == 0
    assert Path("m.svg").read_text() == (ROOT / "docs" / "matrix.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("reference",), "two targets or more"),
        (("--from", "none.json", "none.json"), "none.json"),
        (("--baseline", "a.json"), "wanted two files"),
        (("--baseline", "--from", "a", "b"), "exclude each other"),
        (("--from", "a", "b", "--case", "x"), "are of a run"),
        (("--from", "a", "b", "--seed", "0"), "are of a run"),
        (("--baseline", "a", "b", "--svg", "m.svg"), "--svg is of targets side by side"),
    ],
)
def test_compare_wrongly_used(tcpassay: Tcpassay, arguments: tuple[str, ...], told: str) -> None:
    """One target, files that are not there, options that do not go together; exit 2, one line."""
    code, _, err = tcpassay("compare", *arguments)
    assert code == 2
    assert told in err
    assert len(err.splitlines()) == 1


def test_list_coverage(tcpassay: Tcpassay) -> None:
    """The catalogue as lines and as JSON; a fate for every entry, and the figures."""
    code, out, err = tcpassay("list", "--coverage")
    assert code == 0
    head = ["source", "level", "entries", "covered", "not observable", "left out", "not covered"]
    assert re.split(r"  +", out.splitlines()[0]) == head
    assert "no target declares 'accecn'" in out
    assert "50 of  50  DOC-01 to DOC-50" in out
    value = json.loads(tcpassay("list", "--coverage", "--json")[1])
    assert f"{len(value['entries'])} entries" in err
    assert {entry["fate"] for entry in value["entries"]} <= {
        "covered", "not observable", "left out", "not covered",
    }  # fmt: skip
    assert [figure["wanted"] for figure in value["figures"] if figure["wanted"]] == [95, 85, 100]


def test_list_coverage_of_a_run(tcpassay: Tcpassay, record: Path) -> None:
    """By what ran; the one requirement that was judged, and no other."""
    value = json.loads(tcpassay("list", "--coverage", "--from", str(record), "--json")[1])
    covered = [entry["id"] for entry in value["entries"] if entry["fate"] == "covered"]
    assert covered == ["RFC9293:MUST-14"]
    assert tcpassay("list", "--from", str(record))[0] == 2
    assert tcpassay("list", "--coverage", "--case", "rfc9293")[0] == 2


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A target of one's own that is like the reference stack."""
    folder = tmp_path / "own"
    folder.mkdir()
    like = os.path.relpath(content_root() / "targets" / "reference", folder)
    (folder / "target.toml").write_text(f'like = "{like}"\nname = "own"\ntitle = "Own"\n')
    (folder / "expectations.toml").write_text(
        '# Known.\n[[expect]]\ncase = "mine/sample/handshake"\nverdict = "fail"\nreason = "r"\n'
    )
    return folder


def test_expectations_update(tcpassay: Tcpassay, sample: str, target: Path) -> None:
    """A stale entry and an unexpected fail; a diff, the file, no run until a reason is there."""
    file = target / "expectations.toml"
    run = ("run", str(target), "--case", sample, "--out", "out", "--json", "run.json")
    wanted = ("--requirement", "MUST-12", "--requirement", "MUST-14", "--no-oracle")
    path = Path("mine/sample.py")
    path.write_text(path.read_text().replace('raise KeyError("x")', 'bench.check(1, 1, "x")'))
    assert tcpassay(*run, *wanted)[0] == 1
    before = file.read_text()
    update = ("expectations", "update", "run.json", "--target", str(target))
    code, out, err = tcpassay(*update)
    assert (code, file.read_text()) == (1, before)
    assert '-case = "mine/sample/handshake"' in out
    assert '+case = "mine/sample/handshake"' not in out
    assert '+case = "mine/sample/wrong/plain"' in out
    assert "own: 1 new, 1 stale: proposed; --write changes the file" in err
    assert tcpassay(*update, "--write")[:2] == (0, "")
    code, _, err = tcpassay(*run, *wanted)
    assert (code, "still to be written" in err) == (2, True)
    file.write_text(file.read_text().replace("FILL IN: ", "RFC 9293, 3.7.1: "))
    assert tcpassay(*run, *wanted)[0] == 0
    assert tcpassay(*update)[0] == 0
    assert file.read_text().startswith("# Known.\n\n[[expect]]")


def test_expectations_of_another_target(tcpassay: Tcpassay, record: Path, target: Path) -> None:
    """A target that is not in the run; exit 2, with those that are."""
    code, _, err = tcpassay("expectations", "update", str(record), "--target", str(target))
    assert (code, "not in this run, which has reference" in err) == (2, True)


def _baselines(*arguments: str, **options: object) -> int:
    with pytest.raises(typer.Exit) as ended:
        baselines.main([*arguments], **options)  # type: ignore[arg-type]
    return ended.value.exit_code


def test_baselines_are_written_and_checked(
    tcpassay: Tcpassay,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run as expected becomes the baseline; a changed verdict is told with the command."""
    monkeypatch.setattr(baselines, "baseline_file", lambda name: tmp_path / f"{name}.json")
    run = ("run", "reference", "--case", CASE, "--out", "out", "--json", "run.json")
    assert tcpassay(*run)[0] == 0
    record = Path("run.json")
    assert _baselines("reference", check=True, from_=record, out=None) == 1
    assert "is missing; renew it with `make baselines TARGET=reference`" in capsys.readouterr().err
    assert _baselines("reference", check=False, from_=record, out=None) == 0
    assert _baselines("reference", check=True, from_=record, out=None) == 0
    assert "as its baseline: nothing changed" in capsys.readouterr().err
    other = Path(edited(record, "o.json", lambda case: case.update(verdict="fail")))
    assert _baselines("reference", check=True, from_=other, out=None) == 1
    told = capsys.readouterr()
    assert "newly failing" in told.out
    assert "renew it with `make baselines TARGET=reference`" in told.err


@pytest.mark.parametrize("check", [False, True])
def test_no_baseline_of_a_run_cut_short(
    tcpassay: Tcpassay,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    check: bool,
) -> None:
    """The first lines of a run; no baseline, and as good as none: 1, and how far it came."""
    monkeypatch.setattr(baselines, "baseline_file", lambda name: tmp_path / f"{name}.json")
    assert tcpassay("run", "reference", "--case", CASE, "--ip", "4", "--out", "out")[0] == 0
    assert _baselines("reference", check=False, from_=Path("out"), out=None) == 0
    whole = (tmp_path / "reference.json").read_text()
    lines = Path("out/run.jsonl").read_text().splitlines(keepends=True)
    Path("cut.jsonl").write_text("".join(lines[:3]))
    assert _baselines("reference", check=check, from_=Path("cut.jsonl"), out=None) == 1
    assert "the run was cut short: 2 of " in capsys.readouterr().err
    assert (tmp_path / "reference.json").read_text() == whole


def test_no_baseline_of_what_is_unexpected(
    record: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that is not as expected; nothing is written, and the cases are named."""
    monkeypatch.setattr(baselines, "baseline_file", lambda name: tmp_path / f"{name}.json")
    assert _baselines("reference", check=False, from_=record, out=None) == 1
    assert "no baseline written: 2 not as expected" in capsys.readouterr().err
    assert not (tmp_path / "reference.json").exists()
