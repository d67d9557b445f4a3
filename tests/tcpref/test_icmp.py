"""ICMP errors: which are believed, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.checksum import checksum, remainder
from tcpref.ipv4 import PROTOCOL_ICMP, build_ipv4, from_text
from tcpref.segment import build_segment

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host


def deliver(
    host: Host, kind: int, code: int, *, offset: int = 0, port: int = 4000, damage: int = 0
) -> None:
    """An ICMP error that quotes our segment at SND.UNA + offset."""
    local, local_port, remote, _ = host.tcb.key
    number = (host.tcb.snd_una + offset) % 2**32
    quoted = build_segment(local, remote, local_port, port, seq=number, ack=0, flags=2, wnd=0)
    rest = bytes(4) + quoted[:28]
    total = checksum(remainder(bytes((kind, code, 0, 0)) + rest)) ^ damage
    message = bytes((kind, code)) + total.to_bytes(2, "big") + rest
    router = from_text("192.0.2.254")
    assert router is not None
    host.assay.on_datagram(build_ipv4(router, local, PROTOCOL_ICMP, message), host.now)
    host.collect()


@pytest.mark.parametrize("code", [2, 3])
def test_hard_error_is_soft_where_the_setting_says_so(make_host: type[Host], code: int) -> None:
    host = make_host(icmp_ends_open=False, syn_waits_s="6 24 45")
    call = host.connect()
    deliver(host, 3, code)
    assert call not in host.returned
    host.advance(75)
    host.collect()
    assert host.returned[call].errno == "EHOSTUNREACH"


@pytest.mark.parametrize(("code", "errno"), [(2, "ENOPROTOOPT"), (3, "ECONNREFUSED")])
def test_hard_error_ends_an_open(host: Host, code: int, errno: str) -> None:
    call = host.connect()
    deliver(host, 3, code)
    assert host.returned[call].errno == errno
    assert host.assay.next_timeout() is None


@pytest.mark.parametrize(
    ("kind", "code", "errno"),
    [
        (3, 0, "ENETUNREACH"),
        (3, 1, "EHOSTUNREACH"),
        (3, 5, "EHOSTUNREACH"),
        (3, 4, "ETIMEDOUT"),
        (11, 0, "EHOSTUNREACH"),
        (11, 1, "EHOSTUNREACH"),
        (12, 0, "EPROTO"),
        (4, 0, "ETIMEDOUT"),
    ],
)
def test_soft_error_is_told_when_the_open_times_out(
    host: Host, kind: int, code: int, errno: str
) -> None:
    call = host.connect()
    deliver(host, kind, code)
    assert call not in host.returned
    host.advance(200)
    host.collect()
    assert host.returned[call].errno == errno


@pytest.mark.parametrize(
    "change", [{"offset": 1}, {"offset": -1}, {"port": 4001}, {"damage": 0x1234}]
)
def test_forged_error_is_ignored(host: Host, change: dict[str, int]) -> None:
    call = host.connect()
    deliver(host, 3, 3, **change)
    assert call not in host.returned
    assert host.state() == "SYN-SENT"


@pytest.mark.parametrize(
    ("code", "errno"), [(1, "EHOSTUNREACH"), (2, "ENOPROTOOPT"), (3, "ECONNREFUSED")]
)
def test_late_error_is_told_at_the_end(host: Host, code: int, errno: str) -> None:
    """RFC 5927, 5.2: hard errors of an open connection are soft; SHLD-25 has them told."""
    host.establish()
    host.send(b"data")
    deliver(host, 3, code)
    host.advance(200)
    assert host.state() == "CLOSED"
    assert host.recv().errno == errno


@pytest.mark.parametrize("code", [0, 1, 2, 3, 5])
def test_no_error_ends_an_open_connection(host: Host, code: int) -> None:
    host.establish()
    host.send(b"data")
    deliver(host, 3, code)
    assert host.state() == "ESTABLISHED"
    host.next()
    assert host.tcb.soft_error is None
