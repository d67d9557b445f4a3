"""Exchanges at random with the kernel: no alarm but what its expectations explain.

`make soak-oracle TARGET=linux` has 10,000.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.model.oracle import Violation
from tests.model.real_exchanges import RealExchanges, real_results

if TYPE_CHECKING:
    from collections.abc import Iterator

EXCHANGES = 100


@pytest.fixture(scope="module")
def kernel() -> Iterator[RealExchanges]:
    """The kernel; skipped where nobody may make namespaces."""
    with closing(RealExchanges("linux")) as exchanges:
        try:
            exchanges.happen(0)
        except TargetUnavailableError as refusal:
            pytest.skip(str(refusal))
        yield exchanges


@pytest.mark.usefixtures("kernel")
def test_exchanges_with_the_kernel_raise_no_alarm() -> None:
    with real_results("linux", range(EXCHANGES)) as coming:
        judged = list(coming)
    alarms = [str(each) for each in judged if each.broken]
    assert not alarms, "\n".join(alarms)
    assert sorted(each.seed for each in judged) == list(range(EXCHANGES))
    assert sum(each.expected.total() for each in judged) > EXCHANGES // 10


def test_an_alarm_that_no_entry_explains_is_one(kernel: RealExchanges) -> None:
    explained = Violation(
        1, "RFC7323:5.3-R1", "not as this clause has it, but as PAWS from two ticks on"
    )
    other = explained._replace(why="the answer due has not come")
    assert kernel.explained(explained, 4) == "exchanges/RFC7323:5.3-R1/*PAWS from two ticks on"
    assert kernel.explained(other, 4) == ""
