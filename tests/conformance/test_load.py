from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.load import cases_folder, load_cases
from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "from tcpassay.conformance.case import case\n"
PLAIN = (
    HEAD
    + '''
@case("MUST-14", state="LISTEN")
def half_close(bench):
    """A FIN; an ACK."""
'''
)
ROWS = (
    HEAD
    + '''
SECTION = "3.10.7.3"
@case("RFC9293:MUST-14", rows={"zero": 0, "one": 1})
def rst_with_bad_ack(bench, value):
    """A reset; silence."""
'''
)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_id_is_folder_stem_and_function(tmp_path: Path) -> None:
    path = write(tmp_path, "mine/closing.py", PLAIN)
    by_file, by_folder = load_cases(path), load_cases(path.parent)
    assert [case.id for case in by_file] == [case.id for case in by_folder]
    (case,) = by_file
    assert case.id == "mine/closing/half_close"
    assert (case.title, case.file, case.line) == ("A FIN; an ACK.", str(path), 3)
    assert case.mark.requirements == ("RFC9293:MUST-14",)


def test_section_replaces_the_stem_and_rows_end_the_id(tmp_path: Path) -> None:
    write(tmp_path, "rfc/s3_10_7_3_syn_sent.py", ROWS)
    cases = load_cases(tmp_path / "rfc")
    stem = "rfc/3.10.7.3/rst_with_bad_ack"
    assert [case.id for case in cases] == [f"{stem}/zero", f"{stem}/one"]
    assert [case.row for case in cases] == [0, 1]


def test_marks_imported_from_another_file_are_not_cases_of_this_one(tmp_path: Path) -> None:
    path = write(tmp_path, "mine/a.py", PLAIN)
    loaded = f"_tcpassay_cases.{path.as_posix().replace('.', '_').replace('/', '.')}"
    write(tmp_path, "mine/b.py", f"import sys\nhalf_close = sys.modules[{loaded!r}].half_close\n")
    assert [case.id for case in load_cases(tmp_path / "mine")] == ["mine/a/half_close"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN.replace("MUST-14", "MUST-144"), r":3: unknown requirement 'MUST-144'.*MUST-14"),
        (PLAIN.replace('"LISTEN"', '"LISTE"'), r":3: unknown state 'LISTE' \(nearest: 'LISTEN'"),
        (PLAIN.replace("state=", "needs=('half_clos',), state="), r":3: .*nearest: 'half_close'"),
        (PLAIN.replace("state=", "ip=(5,), state="), r":3: ip is \(5,\)"),
        (PLAIN.replace('"""A FIN; an ACK."""', "pass"), ":3: case .*half_close has no docstring"),
        (PLAIN.replace('"MUST-14", ', ""), ":3: a case names one to three requirements"),
        (ROWS.replace('"zero"', '"a b"'), ":4: row name 'a b'"),
        (ROWS.replace('"3.10.7.3"', "3"), ":1: SECTION is 3"),
        (HEAD + "\nimport tcpassay.nothing\n", ":3: cannot be imported: ModuleNotFoundError: "),
        (HEAD + "\ndef broken(:\n", ":3: cannot be imported: SyntaxError: "),
        (HEAD + "\nhelp = {}[1]\n", ":3: cannot be imported: KeyError: 1"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    path = write(tmp_path, "mine/wrong.py", text)
    with pytest.raises(ConfigurationError, match=f"^{path}{message}") as caught:
        load_cases(path)
    assert "\n" not in str(caught.value)


def test_id_that_is_taken_is_told_with_both_places(tmp_path: Path) -> None:
    write(tmp_path, "mine/a.py", ROWS)
    write(tmp_path, "mine/b.py", ROWS)
    with pytest.raises(
        ConfigurationError, match=r"b\.py:4: case .*zero stands already in .*a\.py:4"
    ):
        load_cases(tmp_path / "mine")


def test_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file or folder of cases"):
        load_cases(tmp_path / "nowhere")


def test_own_cases_load_with_unique_ids_and_full_requirement_ids() -> None:
    cases = load_cases()
    assert len({case.id for case in cases}) == len(cases)
    assert all(
        ":" in name or name.startswith("DOC-") for c in cases for name in c.mark.requirements
    )
    assert cases_folder().is_dir()


def test_loading_the_own_cases_does_not_import_scapy() -> None:
    code = (
        "import sys; from tcpassay.conformance.load import load_cases; load_cases(); "
        "print(any(name.partition('.')[0] == 'scapy' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
