"""Limits that calls set or obey: descriptors, MSS, room for a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

MAXSEG = (("name", "IPPROTO_TCP"), ("name", "TCP_MAXSEG"))


def test_setrlimit_bounds_descriptors(host: Host) -> None:
    """RLIMIT_NOFILE of 5; two sockets, then EMFILE. Another resource is EINVAL."""
    limited = host.call("setrlimit", ("name", "RLIMIT_NOFILE"), ("value", 5))
    assert limited.errno is None
    assert [host.socket(), host.socket()] == [3, 4]
    made = host.call("socket", ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
    assert made.errno == "EMFILE"
    assert host.call("setrlimit", ("name", "RLIMIT_CPU"), ("value", 5)).errno == "EINVAL"


@pytest.mark.parametrize(("octets", "announced"), [(500, 500), (9000, 1460)])
def test_maxseg_lowers_the_announced_mss(host: Host, octets: int, announced: int) -> None:
    """TCP_MAXSEG before connect(); the SYN announces it where it is less than the link carries."""
    fd = host.socket()
    assert host.on("setsockopt", *MAXSEG, ("value", octets), fd=fd).errno is None
    host.begin("connect", ("fd", fd), ("address", ("192.0.2.2", 80)))
    assert host.only().options.mss == announced


@pytest.mark.parametrize("octets", [47, 32_768])
def test_maxseg_out_of_range(host: Host, octets: int) -> None:
    """A size that no segment has; EINVAL."""
    fd = host.socket()
    assert host.on("setsockopt", *MAXSEG, ("value", octets), fd=fd).errno == "EINVAL"


def test_number_in_place_of_an_option(host: Host) -> None:
    """An option by a number that is none; ENOPROTOOPT both ways. Such a direction is EINVAL."""
    fd = host.socket()
    option = (("name", "SOL_SOCKET"), ("name", 0x7F00))
    assert host.on("getsockopt", *option, fd=fd).errno == "ENOPROTOOPT"
    assert host.on("setsockopt", *option, ("value", 1), fd=fd).errno == "ENOPROTOOPT"
    assert host.on("shutdown", ("name", 7), fd=fd).errno == "EINVAL"


@pytest.mark.parametrize(("room", "whole"), [(15, False), (16, True)])
def test_room_for_a_name(host: Host, room: int, *, whole: bool) -> None:
    """getsockname() with less room than the address needs; only its true length."""
    got = host.on("getsockname", ("length", room), fd=host.socket())
    assert got.get("length") == 16
    assert ("address" in dict(got.out)) is whole
