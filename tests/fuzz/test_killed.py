"""A campaign that is killed at any moment, and gone on with: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

PROCESS = Path(__file__).with_name("campaign_process.py")
MUTANT = "rst_outside_window_answered"
#: Kills of a campaign in `make test`, and in `make soak-fuzzer`.
KILLS = 60 if os.environ.get("TCPASSAY_SOAK") else 4


class Campaign(NamedTuple):
    """One campaign in a folder, run by processes."""

    folder: Path
    log: Path
    options: tuple[str, ...]

    def start(self, *more: str) -> subprocess.Popen[str]:
        """A process that runs it from where it stands."""
        resume = ("--resume",) if (self.folder / "campaign.json").exists() else ()
        command = [sys.executable, str(PROCESS), str(self.folder), str(self.log)]
        return subprocess.Popen(
            [*command, *self.options, *resume, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self) -> str:
        """Run it to its end; what it told."""
        process = self.start()
        told, _ = process.communicate(timeout=120)
        assert process.returncode == 0, told
        return told

    def begun(self) -> list[int]:
        """The numbers of the cases that were begun, in order; not of a line being written."""
        if not self.log.exists():
            return []
        written = self.log.read_text().splitlines(keepends=True)
        return [int(line.split()[1]) for line in written if line.endswith("\n")]

    def keys(self) -> set[tuple[str, ...]]:
        """The keys of the findings on disk, each with its trace there."""
        lines = (self.folder / "findings.jsonl").read_text().splitlines()
        found = [each["found"] for line in lines if "found" in (each := json.loads(line))]
        assert all((self.folder / each["trace"]).is_file() for each in found)
        return {tuple(each["finding"]["key"].values()) for each in found}


def _campaign(folder: Path, *options: str) -> Campaign:
    return Campaign(folder / "out", folder / "log", ("--mutant", MUTANT, *options))


def _killed_at_random(campaign: Campaign, cases: int, seed: int) -> int:
    """How often it was killed before it was through."""
    rng, kills = random.Random(seed), 0
    while kills < KILLS:
        process = campaign.start()
        # Not before it has begun something; then anywhere in a share of what is left.
        before, until = len(campaign.begun()), time.monotonic() + 120
        after = rng.randrange(1, 2 * cases // KILLS)
        while len(campaign.begun()) < before + after and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(rng.random() * 0.002)
        process.send_signal(signal.SIGKILL)
        told, _ = process.communicate(timeout=30)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, told
        kills += 1
    return kills


@pytest.mark.parametrize("jobs", [1, 2])
def test_kill_loses_the_case_in_flight_at_most(tmp_path: Path, jobs: int) -> None:
    """SIGKILL at random moments, then --resume; every case once but those in flight, all found."""
    cases = 500 if KILLS < 10 else 5_000
    whole = _campaign(tmp_path / "whole", "--cases", str(cases))
    broken = _campaign(tmp_path / "broken", "--cases", str(cases), "--jobs", str(jobs))
    for campaign in (whole, broken):
        campaign.folder.parent.mkdir()
    whole.finish()
    kills = _killed_at_random(broken, cases, seed=jobs)
    broken.finish()
    assert kills > 0
    times = Counter(broken.begun())
    assert set(times) == set(range(cases))
    assert times.total() - cases <= kills * jobs
    assert broken.keys() == whole.keys()
    assert whole.keys()
