"""The way to Scapy and back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcpassay.wire import Datagram, ParseError, Segment, build, scapy_edge

V4 = build(Datagram.between("192.0.2.1", "192.0.2.2", Segment(1, 2, 3, 4, 2, 5)))
V6 = build(Datagram.between("2001:db8::1", "2001:db8::2", Segment(1, 2, 3, 4, 2, 5)))


@pytest.mark.parametrize("octets", [V4, V6])
def test_there_and_back(octets: bytes) -> None:
    assert scapy_edge.from_scapy(scapy_edge.to_scapy(octets)) == octets


def test_link_layers_are_left_off() -> None:
    scapy_edge.load()
    from scapy.packet import Raw

    assert scapy_edge.from_scapy(Raw(b"frame") / scapy_edge.to_scapy(V4)) == V4


def test_a_packet_without_ip_is_refused() -> None:
    scapy_edge.load()
    from scapy.layers.inet import TCP

    with pytest.raises(ParseError, match="an IP or IPv6 layer"):
        scapy_edge.from_scapy(TCP())


@pytest.mark.parametrize("octets", [b"", b"\x00" * 40])
def test_other_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(ParseError, match="IP version"):
        scapy_edge.to_scapy(octets)


def test_wire_does_not_import_scapy() -> None:
    modules = "tcpassay.wire, tcpassay.wire.notation, tcpassay.wire.tracefile"
    code = f"import sys, {modules}, tcpassay.wire.scapy_edge; sys.exit('scapy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_loading_is_silent_where_warnings_are_errors() -> None:
    code = "from tcpassay.wire import scapy_edge; scapy_edge.load()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
