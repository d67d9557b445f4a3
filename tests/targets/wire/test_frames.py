"""ARP and neighbour discovery: what is sent is what Scapy reads, what Scapy sends is understood."""

from __future__ import annotations

import pytest

from tcpassay.targets.wire.frames import Asked, Told, heard, here_is, who_has
from tcpassay.wire import scapy_edge

OWN = bytes.fromhex("020000000001")
THEIRS = bytes.fromhex("020000000002")
THEIRS_TEXT = "02:00:00:00:00:02"


def scapy_frame(octets: bytes) -> object:
    scapy_edge.load()
    from scapy.layers.l2 import Ether

    return Ether(octets)


@pytest.mark.parametrize(
    ("address", "own"), [("192.0.2.1", "192.0.2.9"), ("2001:db8::1", "2001:db8::9")]
)
def test_question_and_answer(address: str, own: str) -> None:
    """Who has the address is asked, heard with who asks, and answered with where it is."""
    asked = heard(who_has(address, OWN, own))
    assert asked == Asked(address, own, OWN)
    assert isinstance(asked, Asked)
    assert heard(here_is(asked, THEIRS)) == Told(address, THEIRS)


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_probe_claims_nothing(address: str) -> None:
    """A probe has no address of its own, so it is nobody's question to answer by unicast."""
    assert heard(who_has(address, OWN, None)) is None


def test_scapy_reads_arp() -> None:
    """The fields of RFC 826."""
    from scapy.layers.l2 import ARP

    frame = scapy_frame(who_has("192.0.2.1", OWN, "192.0.2.9"))
    arp = frame[ARP]  # type: ignore[index]
    assert (arp.op, arp.psrc, arp.pdst, arp.hwsrc) == (1, "192.0.2.9", "192.0.2.1", OWN.hex(":"))


def test_scapy_finds_the_checksum_right() -> None:
    """A solicitation of RFC 4861, 4.3, sent to the group of the address; Scapy's is the same."""
    scapy_edge.load()
    from scapy.layers.inet6 import ICMPv6ND_NS, ICMPv6NDOptSrcLLAddr, IPv6
    from scapy.layers.l2 import Ether

    built = (
        Ether(dst="33:33:ff:00:00:01", src=OWN.hex(":"))
        / IPv6(src="2001:db8::9", dst="ff02::1:ff00:1", hlim=255)
        / ICMPv6ND_NS(tgt="2001:db8::1")
        / ICMPv6NDOptSrcLLAddr(lladdr=OWN.hex(":"))
    )
    assert who_has("2001:db8::1", OWN, "2001:db8::9") == bytes(built)


def test_scapys_advertisement_is_understood() -> None:
    """With the option that tells where, and without it: then the frame tells."""
    scapy_edge.load()
    from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
    from scapy.layers.l2 import Ether

    bare = (
        Ether(dst=OWN.hex(":"), src=THEIRS_TEXT)
        / IPv6(src="2001:db8::1", dst="2001:db8::9", hlim=255)
        / ICMPv6ND_NA(tgt="2001:db8::1")
    )
    other = bytes.fromhex("020000000003")
    told = bare / ICMPv6NDOptDstLLAddr(lladdr=other.hex(":"))
    assert heard(bytes(bare)) == Told("2001:db8::1", THEIRS)
    assert heard(bytes(told)) == Told("2001:db8::1", other)


@pytest.mark.parametrize("octets", [b"", bytes(13), bytes(60), bytes(12) + b"\x08\x06" + bytes(10)])
def test_anything_else_says_nothing(octets: bytes) -> None:
    """Short frames and frames of other protocols."""
    assert heard(octets) is None
