"""Segments that time out and are tried smaller, with no message of a router's (RFC 4821, 7.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


def first_segments(host: Host, timeouts: int) -> list[int]:
    """Octets of the first segment in flight, each time that it goes again."""
    sizes = []
    for _ in range(timeouts):
        host.advance_to_timer()
        sizes.append(len(host.take()[0].payload))
    return sizes


def test_each_time_out_from_the_second_on_halves(make_host: type[Host]) -> None:
    host = make_host(black_hole_timeouts=2)
    host.establish()
    host.send(bytes(3000))
    host.take()
    assert first_segments(host, 6) == [1460, 984, 472, 216, 88, 28]


def test_what_fits_already_stays_as_it_is(make_host: type[Host]) -> None:
    host = make_host(black_hole_timeouts=1)
    host.establish()
    host.send(b"short")
    host.take()
    assert first_segments(host, 2) == [5, 5]
    assert host.tcb.snd_mss == 1460


@pytest.mark.parametrize(("timeouts", "discovery"), [(0, True), (2, False)])
def test_off_unless_asked_for(make_host: type[Host], timeouts: int, discovery: bool) -> None:
    host = make_host(black_hole_timeouts=timeouts, path_mtu_discovery=discovery)
    host.establish()
    host.send(bytes(3000))
    host.take()
    assert first_segments(host, 3) == [1460, 1460, 1460]
