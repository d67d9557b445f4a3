"""A stack that sends rubbish gets verdicts; the tester never fails over it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.robustness.conftest import Ended

    Tell = Callable[..., Ended]

MANIFEST = """
name = "rude"
title = "Rude"
kind = "in-process"
clock = "virtual"
capabilities = ["active_open", "errno", "state_probe", "descriptors", "half_close"]
[start]
entry = "rude_stack:open_stack"
path = "{folder}"
settings = {{ rubbish = "{kind}", after = {after} }}
[addresses.ipv4]
stack = ["192.0.2.1", "192.0.2.3"]
peer = "192.0.2.2"
prefix = 24
"""


def run(tell: Tell, tmp_path: Path, kind: str, after: int, *cases: str) -> tuple[int, str, Path]:
    """Run cases against the rude stack: exit status, standard error, the record."""
    folder = tmp_path / "rude"
    folder.mkdir()
    manifest = MANIFEST.format(folder=Path(__file__).parent, kind=kind, after=after)
    (folder / "target.toml").write_text(manifest)
    record = tmp_path / "run.json"
    globs = [word for case in cases for word in ("--case", case)]
    ended = tell("run", str(folder), *globs, "--out", "out", "--json", str(record))
    return ended.code, ended.err, record


@pytest.mark.parametrize("kind", ["random", "empty", "truncated", "flipped", "huge", "ipv6"])
def test_rubbish_gives_a_verdict(tell: Tell, tmp_path: Path, kind: str) -> None:
    """Every case ends with a verdict of its own, none of them the tester's fault."""
    status, errors, record = run(tell, tmp_path, kind, 7, "rfc9293/3.6/*", "documents/queues/*")
    assert "Traceback" not in errors
    assert status in {0, 1}, errors
    verdicts = {case["id"]: case["verdict"] for case in json.loads(record.read_text())["cases"]}
    assert len(verdicts) > 30
    assert "error" not in verdicts.values()
    assert {"fail", "inconclusive"} & set(verdicts.values())


def test_rubbish_in_the_handshake_stops_the_target(tell: Tell, tmp_path: Path) -> None:
    """A target that cannot shake hands is told so in one sentence, and nothing of it runs."""
    status, errors, _ = run(tell, tmp_path, "truncated", 1, "rfc9293/3.6/*")
    assert status == 4
    assert "cannot shake hands" in errors
    assert "Traceback" not in errors
