"""What the suite says of a target: which requirements its cases find unmet, and what that names."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.finding import suite as suite_module
from tcpassay.fuzz.finding.suite import Suite, Unmet, by_the_suite
from tcpassay.targets.mutants import open_mutant
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.targets.contract import IpVersion, Target

#: A SYN,ACK has no MSS; the cases that tell.
FAULT = "mss_not_announced"
TELLING = ("rfc9293/3.7.1/syn_ack_announces_the_mss", "rfc9293/3.7.1/syn_announces_the_mss")


@pytest.fixture
def mutant() -> Iterator[Target]:
    """The reference stack with the fault planted."""
    with closing(open_mutant(FAULT)) as target:
        yield target


@pytest.mark.parametrize(("ip", "only"), [(4, None), (6, TELLING)])
def test_unmet_on_a_mutant(
    mutant: Target, tmp_path: Path, ip: IpVersion, only: tuple[str, ...] | None
) -> None:
    """Each case of the requirement, over both versions; kept for who asks next."""
    file = tmp_path / "suite.json"
    unmet = Suite(mutant, 1, ip, file, only).unmet
    assert unmet["RFC9293:SHLD-5"].cases == TELLING
    assert unmet["RFC9293:SHLD-5"].of == len(TELLING)
    assert "RFC9293:MUST-14" in unmet["RFC9293:SHLD-5"].symptoms
    assert len(unmet) < 6
    form = json.loads(file.read_text())
    form["unmet"] = {"RFC9293:MUST-3": {"cases": ["a"], "of": 2, "symptoms": []}}
    file.write_text(json.dumps(form))
    assert Suite(mutant, 1, ip, file).unmet == {
        "RFC9293:MUST-3": Unmet(("a",), 2, frozenset()),
    }


@pytest.mark.parametrize(
    "kept", ["", "[]", '{"suite": 0}', '{"suite": 1, "version": "another", "unmet": {}}']
)
def test_a_file_of_no_use_is_made_anew(mutant: Target, tmp_path: Path, kept: str) -> None:
    file = tmp_path / "suite.json"
    file.write_text(kept)
    assert "RFC9293:SHLD-5" in Suite(mutant, 1, file=file, only=TELLING).unmet
    assert "RFC9293:SHLD-5" in json.loads(file.read_text())["unmet"]


def test_only_some_cases_are_run(mutant: Target) -> None:
    """One of the two; it is still one of two."""
    unmet = Suite(mutant, 1, only=TELLING[:1]).unmet
    assert unmet["RFC9293:SHLD-5"].cases == TELLING[:1]
    assert unmet["RFC9293:SHLD-5"].of == len(TELLING)


def test_nothing_is_unmet_where_all_is_expected() -> None:
    """What the expectations of a target explain says nothing of a new finding."""
    with closing(open_target("reference-documents")) as target:
        assert Suite(target, 1).unmet == {}


def test_a_real_clock_is_not_asked() -> None:
    with closing(open_target("linux")) as target:
        assert Suite(target, 1).unmet == {}


@pytest.mark.parametrize("how", ["dies", "raises", "hangs"])
def test_a_child_that_does_not_come_back(
    mutant: Target, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    """Nothing is known then, soon, and no process is left."""

    def load() -> tuple[()]:
        if how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "raises":
            raise RuntimeError("a fault of the tester's")
        time.sleep(60)
        return ()

    monkeypatch.setattr(suite_module, "load_cases", load)
    monkeypatch.setattr(suite_module, "SECONDS", 0.5)
    began = time.monotonic()
    assert Suite(mutant, 1).unmet == {}
    assert time.monotonic() - began < 30
    assert ("a fault of the tester's" in capfd.readouterr().err) is (how == "raises")
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


# -- names -----------------------------------------------------------------------------------------


def _unmet(cases: int, of: int, *symptoms: str) -> Unmet:
    return Unmet(tuple(map(str, range(cases))), of, frozenset(symptoms))


def test_nothing_unmet_leaves_the_order() -> None:
    assert by_the_suite(("a", "b", "c"), "a", {}) == ("a", "b", "c")


def test_what_both_tell_is_first() -> None:
    """The second and the third of the case's order; and a third that nothing links to it."""
    unmet = {"c": _unmet(1, 2), "x": _unmet(1, 1)}
    assert by_the_suite(("a", "b", "c"), "a", unmet)[:2] == ("c", "x")


def test_the_same_symptom_links() -> None:
    """Of two that the case does not tell, that in whose cases the oracle sees the same."""
    many = {f"n{k}": _unmet(1, 1) for k in range(8)}
    order = by_the_suite(("a", "b"), "a", {**many, "y": _unmet(1, 2, "a")})
    assert order[:2] == ("y", "a")
    assert by_the_suite(("a", "b"), "a", {**many, "y": _unmet(1, 2)})[0] == "a"


def test_more_cases_count_for_more() -> None:
    assert by_the_suite(("a",), "z", {"p": _unmet(6, 7), "q": _unmet(1, 1)})[:2] == ("p", "q")
