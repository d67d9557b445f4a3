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


def test_limit_may_be_raised_by_the_privileged_only(host: Host) -> None:
    """RLIMIT_NOFILE above the setting; EPERM for a user, for root it is taken."""
    host.assay.spawn(1, None, 1000, host.now)
    args = ("name", "RLIMIT_NOFILE"), ("value", 1 << 16)
    assert host.call("setrlimit", *args, process=1).errno == "EPERM"
    assert host.call("setrlimit", *args).errno is None


def close_on_exec(host: Host, fd: int) -> object:
    return host.on("fcntl", ("name", "F_GETFD"), fd=fd).get("flags")


def test_close_on_exec_belongs_to_the_descriptor(host: Host) -> None:
    """FD_CLOEXEC by socket(), F_SETFD, F_DUPFD_CLOEXEC and accept4(); dup() does not copy it."""
    first = host.socket("SOCK_CLOEXEC")
    assert close_on_exec(host, first) == ("FD_CLOEXEC",)
    second = host.on("dup", fd=first).value
    assert close_on_exec(host, second) == ()
    third = host.on("fcntl", ("name", "F_DUPFD_CLOEXEC"), ("value", 9), fd=first).value
    assert (third, close_on_exec(host, third)) == (9, ("FD_CLOEXEC",))
    host.on("fcntl", ("name", "F_SETFD"), ("flags", ()), fd=third)
    assert close_on_exec(host, third) == ()
    host.on("fcntl", ("name", "F_SETFD"), ("flags", ("FD_CLOEXEC",)), fd=third)
    host.on("close", fd=third)
    again = host.on("fcntl", ("name", "F_DUPFD"), ("value", 9), fd=first).value
    assert (again, close_on_exec(host, again)) == (9, ())
    listener = host.listen()
    host.handshake()
    made = host.on("accept4", ("flags", ("SOCK_CLOEXEC",)), fd=listener).value
    assert close_on_exec(host, made) == ("FD_CLOEXEC",)


@pytest.mark.parametrize(
    ("option", "value"), [("SO_DOMAIN", 2), ("SO_TYPE", 1), ("SO_PROTOCOL", 6)]
)
def test_what_a_socket_is(host: Host, option: str, value: int) -> None:
    """SO_DOMAIN, SO_TYPE and SO_PROTOCOL of a socket of IPv4."""
    names = ("name", "SOL_SOCKET"), ("name", option)
    assert host.on("getsockopt", *names, fd=host.socket()).get("value") == value


@pytest.mark.parametrize("option", ["SO_RCVBUF", "SO_SNDBUF"])
@pytest.mark.parametrize(("asked", "held"), [(-5, 256), (0, 256), (9000, 9000), (1 << 40, 1 << 24)])
def test_buffers_have_bounds(host: Host, option: str, asked: int, held: int) -> None:
    """A size that is asked for is made to fit."""
    host.fd = host.socket()
    host.option(option, asked)
    names = ("name", "SOL_SOCKET"), ("name", option)
    assert host.on("getsockopt", *names).get("value") == held
