"""Where a port is, as people write it; and who may be the tester there."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.targets.manifest import Served
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.wire.link import last_hosts
from tcpassay.targets.wire.target import check_peer, parse_port

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
name = "board"
kind = "wire"
capabilities = ["timestamps"]

[start]
netns = "lab"
port = 7
service = "echo"

[addresses.ipv4]
stack = ["10.0.0.2"]
peer = "10.0.0.9"
prefix = 24
"""


@pytest.mark.parametrize(
    ("text", "place"),
    [("192.0.2.1:7", ("192.0.2.1", 7)), ("[2001:db8:0::1]:65535", ("2001:db8::1", 65535))],
)
def test_place(text: str, place: tuple[str, int]) -> None:
    """An address and a port; IPv6 in brackets."""
    assert parse_port(text) == place


@pytest.mark.parametrize(
    "text",
    ["192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:-7", "host:7",
     "2001:db8::1:7", "[192.0.2.1]:7", "[::1", "224.0.0.1:7", "0.0.0.0:7", "[fe80::1]:7", ":7", ""],
)  # fmt: skip
def test_no_place(text: str) -> None:
    """Told in one line that repeats what was given."""
    with pytest.raises(ConfigurationError, match="--wire-only") as told:
        parse_port(text)
    assert repr(text) in str(told.value)


@pytest.mark.parametrize("peer", ["10.0.0.2", "2001:db8::9", "nobody", ""])
def test_no_peer(peer: str) -> None:
    """The target's own address, one of the other IP version, and no address at all."""
    with pytest.raises(ConfigurationError, match="--peer"):
        check_peer("10.0.0.2", peer)


@pytest.mark.parametrize(
    ("network", "hosts"),
    [
        ("10.0.0.0/29", ["10.0.0.6", "10.0.0.5", "10.0.0.4", "10.0.0.3", "10.0.0.2", "10.0.0.1"]),
        ("10.0.0.0/31", ["10.0.0.1", "10.0.0.0"]),
        ("10.0.0.7/32", ["10.0.0.7"]),
    ],
)
def test_last_hosts(network: str, hosts: list[str]) -> None:
    """From the end downwards, without the addresses that are no host's."""
    assert last_hosts(ipaddress.ip_network(network)) == hosts


def test_last_hosts_of_a_large_network() -> None:
    """Sixteen are enough."""
    hosts = last_hosts(ipaddress.ip_network("2001:db8::/64"))
    assert hosts[0] == "2001:db8::ffff:ffff:ffff:fffe"
    assert len(hosts) == 16


def test_manifest(tmp_path: Path) -> None:
    """Kind wire: a real clock, and the port with its service."""
    (tmp_path / "target.toml").write_text(MANIFEST)
    manifest = load_manifest(tmp_path)
    assert (manifest.kind, manifest.clock, manifest.served) == ("wire", "real", Served("echo", 7))


@pytest.mark.parametrize(
    ("line", "other", "told"),
    [
        ("port = 7", "port = 70000", "at most 65535"),
        ('service = "echo"', 'service = "eco"', "echo"),
        ('netns = "lab"', "", "netns"),
        ('kind = "wire"', 'kind = "wire"\nclock = "virtual"', "real clock|real"),
    ],
)
def test_manifest_with_a_mistake(tmp_path: Path, line: str, other: str, told: str) -> None:
    """Told with the file and what is right."""
    (tmp_path / "target.toml").write_text(MANIFEST.replace(line, other))
    with pytest.raises(ConfigurationError, match=told):
        load_manifest(tmp_path)
