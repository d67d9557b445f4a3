"""What is named on the command line and is not there: one line, the nearest name, nothing run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Tell = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["referense"], 2, "unknown target 'referense' (nearest: 'reference')"),
        (["./nowhere/target.toml"], 2, "nowhere/target.toml: no such file; name a target.toml"),
        (["."], 2, ".: no target.toml in this folder"),
        (["reference", "reference"], 2, "target 'reference' is named twice; name it once"),
        (["reference", "--case", "rfc9239/*"], 5, "no case matches 'rfc9239/*' (nearest: 'rfc9293"),
        (["reference", "--case", ""], 5, "no case matches ''"),
        (["reference", "--case", "./no.py"], 2, "no.py: no such file or folder of cases"),
        (["reference", "--requirement", "MUST-141"], 2, "unknown requirement 'MUST-141' (nearest"),
        (["reference", "--level", "MUSTT"], 2, "unknown level 'MUSTT' (nearest: 'MUST')"),
        (["reference", "--state", "ESTABLISED"], 2, "unknown state 'ESTABLISED' (nearest: 'ESTA"),
        (["reference", "--ip", "5"], 2, "'5' is not one of '4', '6'"),
        (["reference", "--jobs", "0"], 2, "0 is not in the range x>=1"),
        (["reference", "--bogus"], 2, "No such option: --bogus"),
        ([], 2, "name a target: `tcpassay targets` lists them; or --wire-only"),
    ],
)
def test_run(tell: Tell, tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    """`run` with a name that does not exist; the exit code, the name, and no folder of results."""
    status, out, err = tell("run", *arguments)
    assert status == code
    assert said in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "MUST-141"], "tcpassay: unknown requirement 'MUST-141' (nearest: "),
        (["explain", "a/b"], "tcpassay: unknown case 'a/b'"),
        (["doctor", "--target", "linus"], "tcpassay: unknown target 'linus' (nearest: 'linux')"),
        (["replay", "no.json"], "tcpassay: no.json: the trace cannot be read: No such file"),
    ],
)
def test_other_verbs(tell: Tell, arguments: list[str], said: str) -> None:
    """The other verbs with a name that does not exist; exit 2 and one line."""
    status, _, err = tell(*arguments)
    assert status == 2
    assert err.startswith(said)
    assert err.count("\n") == 1
