"""Campaigns whose cases boofuzz makes: kept, gone on with and told of as any other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("boofuzz", reason="the extra is not installed: pip install 'tcpassay[boofuzz]'")

from tcpassay.cli.fuzzing import Request, carry_out
from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.boofuzz_front.installed import require_boofuzz
from tcpassay.fuzz.boofuzz_front.source import BoofuzzCases
from tcpassay.fuzz.campaign.engine import Settings
from tcpassay.fuzz.campaign.engine import run as run_campaign
from tcpassay.fuzz.campaign.happenings import Begun, Counted, Found
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import load, open_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tcpassay.fuzz.campaign.happenings import Happening
    from tcpassay.targets.contract import Target

# boofuzz stamps its run with a call that Python 3.12 has given up.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")


@pytest.fixture
def reference() -> Iterator[Target]:
    """The reference stack."""
    target = open_target("reference")
    yield target
    target.close()


def test_a_campaign_goes_on(reference: Target, tmp_path: Path) -> None:
    """300 cases, then 100 more of the same campaign; each once, over two stays, singles first."""
    told: list[Happening] = []
    settings = Settings(tmp_path / "out", seed=5, cases=300, mode="boofuzz")
    run_campaign(reference, settings, told.append)
    run_campaign(reference, settings._replace(cases=400, resume=True), told.append)
    counted = [each for each in told if isinstance(each, Counted)]
    assert sum(each.cases for each in counted) == 400
    begun = [each for each in told if isinstance(each, Begun)]
    assert begun[1].earlier.cases == 300
    assert begun[0].sources == (
        (f"boofuzz {require_boofuzz()}", BoofuzzCases(2, reference.manifest.capabilities).total),
    )


def test_a_campaign_keeps_what_it_finds(tmp_path: Path) -> None:
    """A mutant that takes no checksum of the header for wrong; a finding as any other."""
    (mutant,) = (each for each in load_mutants() if each.name == "header_checksum_unchecked")
    target = mutant.target(load("reference"))
    told: list[Happening] = []
    settings = Settings(tmp_path / "out", seed=5, cases=1_800, mode="boofuzz")
    try:
        run_campaign(target, settings, told.append)
    finally:
        target.close()
    found = [each for each in told if isinstance(each, Found)]
    assert found
    assert found[0].finding.case.origin.startswith("boofuzz/CLOSED->segment:[ip_checksum:")
    assert (tmp_path / "out" / found[0].trace).is_file()


def test_a_campaign_without_boofuzz(
    reference: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine without its extra; refused before there is a folder."""
    monkeypatch.setitem(sys.modules, "boofuzz", None)
    settings = Settings(tmp_path / "out", seed=5, cases=1, mode="boofuzz")
    with pytest.raises(ConfigurationError, match="boofuzz is not installed"):
        run_campaign(reference, settings, lambda _: None)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("reference", engine="boofuzz", mode="sweep"), "leave out --mode"),
        (Request("reference", web=26_000), "--web shows a session of --engine boofuzz"),
        (Request("reference", engine="boofuzz", web=26_000, jobs=2), "with --jobs 1"),
        (Request("reference", engine="boofuzz", ip=6), "leave out --ip 6"),
    ],
)
def test_options_that_do_not_go_together(
    request_: Request, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options that contradict each other; one line, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=words):
        carry_out(request_)
    assert list(tmp_path.iterdir()) == []
