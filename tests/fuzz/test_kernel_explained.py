"""What Linux makes of odd cases is explained by its expectations, or no alarm where it is right."""

from __future__ import annotations

import tomllib
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.fuzz.cases.notation import case_of
from tcpassay.fuzz.judging import Explained, Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.model.oracle import Violation
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import Target

CASES = {
    each["what"]: (each["steps"], set(each["explained"]))
    for each in tomllib.loads(Path(__file__).with_name("kernel_explained.toml").read_text())["case"]
}


@pytest.fixture(scope="module")
def kernel() -> Iterator[Target]:
    """The kernel; skipped where nobody may make namespaces."""
    with closing(open_target("linux")) as target:
        try:
            target.start(StackOptions(seed=0)).close()
        except TargetUnavailableError as refusal:
            pytest.skip(str(refusal))
        yield target


@pytest.mark.parametrize("what", CASES)
def test_kernel_is_explained(kernel: Target, what: str) -> None:
    """A case on the kernel; each alarm by the entry that it is about, and no other."""
    text, entries = CASES[what]
    trial = try_alone(kernel, Judge(kernel.manifest, kernel.version()), case_of(text))
    assert trial.fault is None
    assert [str(alarm) for alarm in trial.alarms if not alarm.explained] == []
    told = {alarm.explained.rpartition("/")[2].lstrip("*") for alarm in trial.alarms}
    assert told == entries


def test_one_expected_way_of_several_explains() -> None:
    """A violation that several known ways fit; told as the one that is expected, else as before."""
    target = open_target("linux")
    explained = Explained(target.manifest, "6.18")
    past = "not as this clause has it, but as "
    rule = "RFC9293:3.10.7.4-ACK-FUTURE-CW"
    other = ("RFC7323:3.2-MISSING-DROP", f"{past}RFC 1323")
    seen = Violation(1, rule, f"{past}nothing right of the peer's FIN", others=((other,),))
    told, entry = explained.reading(seen, 4)
    assert (told.requirement, told.why) == other
    assert entry.endswith("*RFC 1323")
    alone = seen._replace(others=())
    assert explained.reading(alone, 4) == (alone, "")
