"""Ephemeral ports (RFC 6056): what the algorithms have in common, and what sets them apart."""

from __future__ import annotations

from itertools import islice, pairwise
from random import Random

import pytest

from tcpref.port_selection import Destination, PortSelection
from tcpref.ports import PortTable
from tcpref.settings import CHOICES, make_settings

HERE, THERE = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
WEB, MAIL = (HERE, THERE, 80), (HERE, THERE, 25)
SIZE = 16_384
ALGORITHMS = CHOICES["port_selection"]
HASHED = ("hash", "double-hash")


def selection(algorithm: str, seed: int = 1, **settings: object) -> PortSelection:
    return PortSelection(make_settings({"port_selection": algorithm, **settings}), Random(seed))


def first(chosen: PortSelection, destination: Destination | None, count: int = 1) -> list[int]:
    """The first port of so many connections."""
    return [next(chosen.candidates(destination)) for _ in range(count)]


@pytest.mark.parametrize("destination", [WEB, None])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_port_is_tried_once(algorithm: str, destination: Destination | None) -> None:
    chosen = selection(algorithm, ephemeral_first=60_000, ephemeral_last=60_009)
    assert sorted(chosen.candidates(destination)) == list(range(60_000, 60_010))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ports_depend_on_a_secret(algorithm: str) -> None:
    starts = {first(selection(algorithm, seed), WEB)[0] for seed in range(20)}
    assert len(starts) > 15


@pytest.mark.parametrize("algorithm", HASHED)
def test_ports_to_one_destination_go_up(algorithm: str) -> None:
    ports = first(selection(algorithm), WEB, 1_000)
    assert all((after - before) % SIZE == 1 for before, after in pairwise(ports))


def test_one_count_tells_of_other_destinations_and_many_do_not() -> None:
    told = {}
    for algorithm in HASHED:
        chosen = selection(algorithm)
        before = first(chosen, WEB)[0]
        for number in range(40):
            first(chosen, (HERE, THERE, 1_000 + number))
        told[algorithm] = (first(chosen, WEB)[0] - before) % SIZE
    assert told["hash"] == 41
    assert told["double-hash"] < 10


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_destinations_start_far_apart(algorithm: str) -> None:
    chosen = selection(algorithm)
    ports = [first(chosen, (HERE, THERE, port))[0] for port in range(1, 200)]
    assert len({after - before for before, after in pairwise(ports)}) > 150


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_ports_in_use_are_stepped_over_until_none_is_left(algorithm: str) -> None:
    settings = {"port_selection": algorithm, "ephemeral_first": 60_000, "ephemeral_last": 60_003}
    table = PortTable(make_settings(settings), Random(3))
    held = [table.hold(HERE, 60_002, reuse=False)]
    for _ in range(3):
        port = table.ephemeral(WEB)
        assert port is not None
        held.append(table.hold(HERE, port, reuse=False))
    assert sorted(binding.port for binding in held) == [60_000, 60_001, 60_002, 60_003]
    assert table.ephemeral(WEB) is None
    assert table.ephemeral() is None
    table.release(held[0])
    assert table.ephemeral(MAIL) == 60_002


def test_a_search_that_finds_at_once_costs_no_more() -> None:
    chosen = selection("double-hash")
    before = first(chosen, WEB)[0]
    assert list(islice(chosen.candidates(WEB), 2)) == [before + 1, before + 2]
