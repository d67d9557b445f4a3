"""The user time-out option: its octets, the formula, and the room that it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.options import build_user_timeout, parse_options
from tcpref.segment import ACK, SYN
from tests.tcpref.conftest import MSS, PEER_ISS

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


def open_with(host: Host, seconds: int | None, options: bytes = b"") -> None:
    """An accepted connection whose SYN advertises so many seconds."""
    listener = host.listen()
    told = b"" if seconds is None else build_user_timeout(seconds)
    host.peer(SYN, PEER_ISS, options=MSS + told + options)
    syn_ack = host.only()
    host.peer(ACK, PEER_ISS + 1, syn_ack.seq + 1)
    host.fd = host.on("accept", fd=listener).value
    host.take()


def limit_of(host: Host) -> float | None:
    """USER_TIMEOUT in seconds; None where R2 stands."""
    patience = host.tcb.patience
    return None if patience is None else patience.limit / 1_000_000_000


@pytest.mark.parametrize(
    ("seconds", "field"),
    [(1, 1), (32_767, 32_767), (32_768, 0x8000 | 547), (10_000_000, 0xFFFF), (0, 1)],
)
def test_field_is_seconds_or_whole_minutes(seconds: int, field: int) -> None:
    assert build_user_timeout(seconds) == b"\x1c\4" + field.to_bytes(2)


@pytest.mark.parametrize(
    ("field", "seconds"), [(1, 1), (0x8001, 60), (0xFFFF, 1_966_020), (0, None), (0x8000, None)]
)
def test_field_is_read(field: int, seconds: int | None) -> None:
    assert parse_options(b"\x1c\4" + field.to_bytes(2)).user_timeout == seconds


@pytest.mark.parametrize("octets", [b"\x1c\2\1\1", b"\x1c\3\1\1", b"\x1c\6\1\1\1\1\1\1"])
def test_other_lengths_are_skipped(octets: bytes) -> None:
    assert parse_options(octets).user_timeout is None


@pytest.mark.parametrize(
    ("remote", "limit"), [(None, None), (1, 100), (100, 100), (600, 600), (1_000_000, 3_600)]
)
def test_longer_of_both_within_the_limits(
    make_host: type[Host], remote: int | None, limit: int | None
) -> None:
    host = make_host(user_timeout_option=True)
    open_with(host, remote)
    assert limit_of(host) == limit


def test_lower_limit_exceeds_any_rto(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True, data_r2_s=1, rto_max_ms=200_000)
    open_with(host, 1)
    assert limit_of(host) == 201


def test_without_the_setting_advice_is_skipped(host: Host) -> None:
    open_with(host, 600)
    assert host.tcb.uto is None
    assert limit_of(host) is None


def test_setting_keeps_the_own_time(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True, user_timeout_changeable=False)
    open_with(host, 600)
    assert limit_of(host) is None


def test_advice_counts_again_once_the_application_has_none(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True)
    open_with(host, 600)
    host.option("TCP_USER_TIMEOUT", 10_000, "IPPROTO_TCP")
    assert limit_of(host) == 10
    host.option("TCP_USER_TIMEOUT", 0, "IPPROTO_TCP")
    assert limit_of(host) == 600


def test_advice_of_the_system_may_be_overruled(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True, user_timeout_ms=30_000)
    open_with(host, 600)
    assert limit_of(host) == 600


def test_change_takes_the_running_wait_along(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True)
    open_with(host, None)
    host.send(b"lost")
    host.peer(ACK, PEER_ISS + 1, host.tcb.snd_una, payload=b"x", options=build_user_timeout(600))
    reading = host.begin("recv", ("fd", host.fd), ("length", 9), ("flags", ()))
    assert host.returned[reading].value == 1
    host.advance(590)
    assert host.state() == "ESTABLISHED"
    host.advance(20)
    assert host.state() == "CLOSED"


def test_first_full_segment_leaves_room(make_host: type[Host]) -> None:
    host = make_host(user_timeout_option=True)
    open_with(host, 600)
    host.send(bytes(2920))
    first, second = host.take()[:2]
    assert (len(first.payload), first.options.user_timeout) == (1456, 100)
    assert (len(second.payload), second.options.user_timeout) == (1460, None)
