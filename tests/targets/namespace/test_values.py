"""Numbers, names and structures; no privileges needed."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from tcpassay.core.errors import AgentFault
from tcpassay.targets.namespace import constants, sockaddr, tcpinfo
from tcpassay.targets.namespace.descriptors import NOBODY, PrivateDescriptors
from tcpassay.targets.namespace.libc import errno_name
from tcpassay.targets.namespace.rtnetlink import add_address


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 65535), ("192.0.2.9", 0)])
def test_addresses_survive(address: tuple[str, int]) -> None:
    """An address packed and unpacked is the same; one octet less is none."""
    packed = sockaddr.pack(address)
    assert sockaddr.unpack(packed) == address
    assert sockaddr.unpack(packed[:-1]) is None


@pytest.mark.parametrize("address", [("localhost", 80), ("192.0.2.1", -1), ("::1", 65536)])
def test_what_is_no_address(address: tuple[str, int]) -> None:
    """Names and ports out of range are the case's mistake."""
    with pytest.raises(AgentFault, match="no IP socket address"):
        sockaddr.pack(address)


def test_constants() -> None:
    """Names become numbers; lower-case attributes of modules are no constants."""
    assert constants.number("AF_INET6") == socket.AF_INET6
    assert constants.numbers(("MSG_PEEK", "MSG_DONTWAIT")) == 0x42
    assert constants.names(5, constants.POLL_EVENTS) == ("POLLIN", "POLLOUT")
    for wrong in ("SO_NONSENSE", "socket", "has_ipv6"):
        with pytest.raises(AgentFault, match=wrong):
            constants.number(wrong)


def test_errno_names() -> None:
    """Every error has a POSIX name; an unknown number keeps its value."""
    assert errno_name(errno.ECONNREFUSED) == "ECONNREFUSED"
    assert errno_name(errno.EOPNOTSUPP) == "EOPNOTSUPP"
    assert errno_name(9999) == "E9999"


@pytest.mark.parametrize(
    ("number", "name"), [(1, "ESTABLISHED"), (6, "TIME-WAIT"), (12, "SYN-RECEIVED"), (99, "CLOSED")]
)
def test_state_names(number: int, name: str) -> None:
    """The kernel's numbers get the names of RFC 9293, 3.3.2."""
    assert tcpinfo.state_name(number) == name


def test_short_tcp_info() -> None:
    """An older kernel's shorter structure gives fewer numbers, not zeros."""
    whole = struct.pack("8B2I", 10, 0, 0, 0, 0, 3, 0x97, 0, 200_000, 40_000)
    info = tcpinfo.parse(whole)
    assert (info["state"], info["tcpi_rto"], info["tcpi_ato"]) == ("LISTEN", 200_000, 40_000)
    assert (info["tcpi_snd_wscale"], info["tcpi_rcv_wscale"]) == (7, 9)
    assert (info["option_timestamps"], info["option_sack"], info["option_ecn"]) == (1, 1, 0)
    assert "tcpi_snd_mss" not in info


def test_private_descriptors() -> None:
    """Lowest free number from 3 on; a closed one leads nowhere."""
    numbers = PrivateDescriptors()
    assert [numbers.add(100), numbers.add(101), numbers.add(102, least=10)] == [3, 4, 10]
    numbers.drop(3)
    assert numbers.real(3) == NOBODY
    assert numbers.add(103) == 3
    assert sorted(numbers.every()) == [101, 102, 103]


def test_address_message_is_whole() -> None:
    """The length in the header of a netlink message is the message's."""
    for host, prefix in (("192.0.2.1", 24), ("2001:db8::1", 64)):
        message = add_address(77, host, prefix)
        assert struct.unpack_from("=I", message) == (len(message),)
        assert len(message) % 4 == 0
