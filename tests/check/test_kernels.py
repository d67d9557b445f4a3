"""The kernel's own traffic over a bad link, captured at both ends: nothing of level MUST."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle.wire_oracle import check_packets
from tcpassay.reports.check import violated
from tcpassay.wire.capture_file import read_capture
from tests.check.edits import EDITS, apply
from tests.check.kernels import (
    PEER,
    TARGET,
    Captures,
    Kernels,
    Weather,
    aborts,
    drains,
    echoes,
    sends,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from socket import socket

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK),
    reason="network namespaces and TUN devices need root",
)
#: 1: the quick form of `make test`; `make soak` sets it higher.
SCALE = 20 if os.environ.get("TCPASSAY_SOAK") else 1
#: How many pairs of kernels talk at once; bulk in the long form keeps a relay busy.
TOGETHER = 2 if SCALE > 1 else 7
BAD = Weather(loss=0.03, dup=0.01, reorder=0.03, delay_s=0.002)


class Trial(NamedTuple):
    """What is said to the target's kernel, or by it."""

    name: str
    ip: int
    talk: Callable[[socket], None]
    serve: Callable[[socket], None]
    connections: int = 1
    from_target: bool = False
    weather: Weather = BAD


TRIALS = (
    Trial("bulk-both-ways", 4, sends(200_000 * SCALE), echoes),
    Trial("bulk-to-client-6", 6, sends(200_000 * SCALE), drains, from_target=True),
    Trial("short", 4, sends(200), echoes, 5 * SCALE),
    Trial("short-6", 6, sends(200), echoes, 6 * SCALE, from_target=True),
    Trial("resets", 4, aborts, echoes, 5 * SCALE),
    Trial("resets-of-the-target", 6, aborts, drains, 5 * SCALE, from_target=True),
    Trial("clean", 4, sends(300_000 * SCALE), echoes, weather=Weather()),
)


def captured(trial: Trial, folder: Path, seed: int = 1) -> Captures:
    """Let the two kernels talk."""
    with Kernels(folder, trial.weather, seed) as kernels:
        ends = (kernels.target, kernels.peer)
        client, server = ends if trial.from_target else ends[::-1]
        address = (PEER if trial.from_target else TARGET)[trial.ip]
        transfer(client, server, address, trial.talk, trial.serve, trial.connections)
        return kernels.captures


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Captures]]]:
    """The captures of all trials, made side by side: kernels mostly wait for their timers."""
    pool = ThreadPoolExecutor(TOGETHER)
    yield {
        trial.name: pool.submit(captured, trial, tmp_path_factory.mktemp(trial.name))
        for trial in TRIALS
    }
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_the_kernel_raises_no_alarm(trial: Trial, talks: dict[str, Future[Captures]]) -> None:
    """Either kernel as the target, captured at either end, judged from every vantage."""
    captures = talks[trial.name].result(120)
    catalogue = load_catalogue()
    target, peer = TARGET[trial.ip], PEER[trial.ip]
    for path, here, there in ((captures.target, target, peer), (captures.peer, peer, target)):
        packets = list(read_capture(path))
        own = check_packets(packets, (here,), "target")
        others = [check_packets(packets, (there,), vantage) for vantage in ("path", "peer")]
        for report in (own, *others):
            assert len(report.connections) >= trial.connections
            assert report.segments > 3 * trial.connections
            found = [(c.number, *map(str, c.findings)) for c in report.connections if c.findings]
            assert not violated(report, catalogue), (report.vantage, report.addresses, found)
        assert not any(c.holes for c in own.connections)


def test_an_edited_packet_of_the_kernels_is_named(tmp_path: Path) -> None:
    """The kinds of edit that fit a bulk transfer, one at a time."""
    captures = captured(TRIALS[0], tmp_path, seed=2)
    packets = list(read_capture(captures.target))
    tried = 0
    for edit in EDITS:
        edited = apply(edit, packets, TARGET[4])
        if edited is None:
            continue
        tried += 1
        report = check_packets(edited[0], (TARGET[4],))
        named = [(f.packet, f.requirement) for c in report.connections for f in c.findings]
        assert (edited[1], edit.requirement) in named, edit.name
    assert tried >= 15
