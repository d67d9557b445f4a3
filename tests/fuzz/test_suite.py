"""What the suite says of a target: which requirements its cases find unmet, and what that names."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.core.errors import TcpassayError
from tcpassay.fuzz.finding import suite as suite_module
from tcpassay.fuzz.finding.apart import apart
from tcpassay.fuzz.finding.naming import with_the_suite
from tcpassay.fuzz.finding.suite import Suite, Unmet
from tcpassay.targets.mutants import open_mutant
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.conformance.case import Case
    from tcpassay.targets.contract import IpVersion, Target

CASES = load_cases()
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
    form = {"RFC9293:MUST-3": {"cases": ["a"], "of": 2, "symptoms": []}}
    file.write_text(json.dumps(form))
    assert Suite(mutant, 1, ip, file).unmet == {"RFC9293:MUST-3": Unmet(("a",), 2, frozenset())}


@pytest.mark.parametrize("kept", ["", "[]", '{"RFC9293:MUST-3": {"cases": []}}'])
def test_a_file_that_cannot_be_read_says_nothing(mutant: Target, tmp_path: Path, kept: str) -> None:
    file = tmp_path / "suite.json"
    file.write_text(kept)
    assert Suite(mutant, 1, file=file, only=TELLING).unmet == {}


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


def test_workers_ask_one_after_the_other(mutant: Target, tmp_path: Path) -> None:
    """Three at once; one of them runs the cases, the others read what it has written."""
    asked = tmp_path / "asked"

    def load() -> tuple[Case, ...]:
        with asked.open("a") as file:
            file.write("x")
        return tuple(case for case in CASES if case.id in TELLING)

    with ThreadPoolExecutor(3) as pool, pytest.MonkeyPatch.context() as patch:
        patch.setattr(suite_module, "load_cases", load)
        suites = [Suite(mutant, 1, file=tmp_path / "suite.json") for _ in range(3)]
        words = list(pool.map(lambda suite: suite.unmet, suites))
    assert words == [words[0]] * 3
    assert "RFC9293:SHLD-5" in words[0]
    assert asked.read_text() == "x"


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _dies() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b"never"


def _raises() -> bytes:
    raise RuntimeError("a fault of the tester's")


def _refuses() -> bytes:
    raise TcpassayError("no such stack")


def _hangs() -> bytes:
    time.sleep(60)
    return b"never"


@pytest.mark.parametrize("work", [_dies, _raises, _refuses, _hangs])
def test_a_child_that_does_not_come_back(
    work: Callable[[], bytes],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Nothing is known then, soon, and neither a process nor a descriptor is left."""
    children: list[int] = []
    fork = os.fork

    def remembered() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", remembered)
    before, began = _descriptors(), time.monotonic()
    assert apart(work, 0.5) == b""
    assert time.monotonic() - began < 30
    told = capfd.readouterr().err
    assert told == "" if work is not _raises else "a fault of the tester's" in told
    assert _descriptors() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)


def test_a_child_tells_much() -> None:
    """More than a pipe holds."""
    assert apart(lambda: b"x" * 300_000, 20) == b"x" * 300_000


def test_an_interrupt_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGINT in the midst of the fork; the child is gone, and no descriptor is left."""
    children: list[int] = []
    fork = os.fork

    def interrupted() -> int:
        children.append(fork())
        if children[-1]:
            os.kill(os.getpid(), signal.SIGINT)
        return children[-1]

    monkeypatch.setattr(os, "fork", interrupted)
    before = _descriptors()
    with pytest.raises(KeyboardInterrupt):
        apart(_hangs, 20)
    assert _descriptors() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(children[0], os.WNOHANG)


# -- names -----------------------------------------------------------------------------------------


def _unmet(cases: int, of: int, *symptoms: str) -> Unmet:
    return Unmet(tuple(map(str, range(cases))), of, frozenset(symptoms))


def test_nothing_unmet_leaves_the_order() -> None:
    assert with_the_suite(("a", "b", "c"), "a", {}) == ["a", "b", "c"]


def test_what_both_tell_is_first() -> None:
    """The third of the case's order; what nothing links comes behind the case's first."""
    unmet = {"c": _unmet(1, 2), "x": _unmet(1, 1)}
    assert with_the_suite(("a", "b", "c"), "a", unmet) == ["c", "a", "x", "b"]


def test_another_fault_of_the_target_names_nothing() -> None:
    """All of one requirement's cases fail, and the finding is about something else."""
    assert with_the_suite(("a", "b"), "a", {"x": _unmet(9, 9)})[0] == "a"


def test_the_same_symptom_links() -> None:
    """Of two that the case does not tell, that in whose cases the oracle sees the same."""
    many = {f"n{k}": _unmet(1, 1) for k in range(8)}
    order = with_the_suite(("a", "b"), "a", {**many, "y": _unmet(1, 2, "a")})
    assert order[:2] == ["y", "a"]
    assert with_the_suite(("a", "b"), "a", {**many, "y": _unmet(1, 2)})[0] == "a"


def test_more_cases_count_for_more() -> None:
    assert with_the_suite(("a", "p"), "z", {"a": _unmet(1, 9), "p": _unmet(6, 7)})[0] == "p"
    both = {"p": _unmet(6, 7, "z"), "q": _unmet(1, 1, "z")}
    assert with_the_suite(("a",), "z", both)[:2] == ["p", "q"]
