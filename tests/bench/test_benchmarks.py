"""The benchmarks: what they claim of their own measurements, and costs that can be counted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bench import bulk, idle
from bench.__main__ import main
from bench.cycles import cycles
from bench.hosts import Hosts
from bench.measure import Figure
from tcpref import segment

if TYPE_CHECKING:
    from collections.abc import Callable


def calls_of(function: Callable[[], object]) -> int:
    """How many calls of Python functions `function` takes: a cost that no other load changes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(None)
    return calls


def test_a_segment_takes_as_many_steps_among_many_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten connections, then a thousand; the work for a segment stays the same."""
    monkeypatch.setattr(idle, "SEGMENTS", 200)
    few, many = (calls_of(idle.Server(count).segments()) for count in (10, 1_000))
    assert few > 200 * 20
    assert many < 1.1 * few


def test_a_segment_of_a_bulk_transfer_takes_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stacks, timestamps on; calls of functions for each segment of text."""
    monkeypatch.setattr(bulk, "OCTETS", 8 * len(bulk.PIECE))
    steps = calls_of(bulk.transfer(Hosts(), waits=False)) / (bulk.OCTETS / 1_448)
    assert steps < 175


def test_a_cycle_takes_as_many_steps_after_many_others() -> None:
    few, many = (calls_of(cycles(number)) / number for number in (10, 200))
    assert many < 1.1 * few


def test_damaged_datagrams_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Octets damaged on the way; the stream comes whole, but only if checksums are verified."""
    monkeypatch.setattr(bulk, "OCTETS", 8 * len(bulk.PIECE))
    assert bulk.damaged().value > 10
    monkeypatch.setattr(segment, "checksum_holds", lambda _src, _dst, _octets: True)
    with pytest.raises(RuntimeError):
        bulk.damaged()


@pytest.mark.parametrize(
    ("ratio", "most", "least", "holds"),
    [
        (None, 1.5, None, True),
        (1.5, 1.5, None, True),
        (1.6, 1.5, None, False),
        (2.0, None, 2.5, False),
        (3.0, None, 2.5, True),
    ],
)
def test_a_ratio_outside_its_bounds_does_not_hold(
    ratio: float | None, most: float | None, least: float | None, *, holds: bool
) -> None:
    figure = Figure("a", 1.0, "us", ratio, "b", most, least)
    assert figure.holds is holds
    assert ("NOT MET" in str(figure)) is not holds


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bulk", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().out
