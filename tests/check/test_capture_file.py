"""Captures of every usual kind are read alike; damaged ones are refused with their place."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import pytest

from tcpassay.wire.capture_file import CaptureError, read_capture
from tcpassay.wire.pcapng import INBOUND, interface, packet, section
from tests.check.conversation import conversation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcpassay.wire.capture_file import CapturedPacket

S = 1_000_000_000
ETHERNET = bytes(12) + b"\x08\x00"
TAGGED = bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00"
COOKED = b"\x00\x00\x03\x04" + bytes(10) + b"\x08\x00"
COOKED2 = b"\x08\x00" + bytes(18)


def pcap(
    packets: list[CapturedPacket], *, order: str = "<", nano: bool = False, link: int = 101,
    before: bytes = b"", snap: int = 65535,
) -> bytes:  # fmt: skip
    """A pcap file of some packets."""
    magic, unit = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    out = [struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, snap, link)]
    for p in packets:
        frame = before + (p.octets or b"")
        kept = frame[:snap]
        seconds, rest = divmod(p.t_ns, S)
        out += [struct.pack(order + "IIII", seconds, rest // unit, len(kept), len(frame)), kept]
    return b"".join(out)


def block(order: str, kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng_section(packets: list[CapturedPacket], order: str) -> bytes:
    """A section with two interfaces: Ethernet in 2^-20 s, raw IP in seconds plus an offset."""
    out = [block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out.append(
        block(order, 1, struct.pack(order + "HHIHHB3x", 1, 0, 0, 9, 1, 0x80 | 20))
    )  # fmt: skip
    offset = struct.pack(order + "HHq", 14, 8, 1000)
    out.append(block(order, 1, struct.pack(order + "HHIHHB3x", 101, 0, 0, 9, 1, 9) + offset))
    out.append(block(order, 5, bytes(12)))
    for p in packets:
        which = p.n % 2
        frame = (p.octets or b"") if which else ETHERNET + (p.octets or b"")
        ticks = p.t_ns - 1000 * S if which else (p.t_ns << 20) // S
        head = struct.pack(
            order + "IIIII", which, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame)
        )
        out.append(block(order, 6, head + frame))
    return b"".join(out)


def whole(packets: list[CapturedPacket]) -> bytes:
    """The same in this project's own pcapng."""
    own = [packet(p.t_ns, INBOUND, p.octets or b"") for p in packets]
    return section() + interface("tun0") + b"".join(own)


FORMS: dict[str, Callable[[list[CapturedPacket]], bytes]] = {
    "pcap": pcap,
    "pcap-big-endian": lambda p: pcap(p, order=">"),
    "pcap-nanoseconds": lambda p: pcap(p, nano=True),
    "pcap-nanoseconds-big-endian": lambda p: pcap(p, order=">", nano=True),
    "ethernet": lambda p: pcap(p, link=1, before=ETHERNET),
    "vlan": lambda p: pcap(p, link=1, before=TAGGED),
    "cooked": lambda p: pcap(p, link=113, before=COOKED),
    "cooked-2": lambda p: pcap(p, link=276, before=COOKED2),
    "loopback": lambda p: pcap(p, link=0, before=b"\x02\x00\x00\x00"),
    "ipv4": lambda p: pcap(p, link=228),
    "pcapng": whole,
    "pcapng-sections": lambda p: pcapng_section(p[:9], "<") + pcapng_section(p[9:], ">"),
    "gzip": lambda p: gzip.compress(pcap(p)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_alike(form: str, tmp_path: Path) -> None:
    """Numbers, times to the form's own precision, datagrams."""
    packets = conversation()
    path = tmp_path / "capture"
    path.write_bytes(FORMS[form](packets))
    read = list(read_capture(path))
    assert [p.n for p in read] == [p.n for p in packets]
    assert [p.octets for p in read] == [p.octets for p in packets]
    assert all(abs(a.t_ns - b.t_ns) <= 1000 for a, b in zip(read, packets, strict=True))
    assert not any(p.cut for p in read)


def test_what_is_no_ip_has_no_datagram(tmp_path: Path) -> None:
    """ARP is counted, and nothing else is made of it."""
    path = tmp_path / "capture"
    path.write_bytes(pcap(conversation()[:2], link=1, before=bytes(12) + b"\x08\x06"))
    assert [(p.n, p.octets) for p in read_capture(path)] == [(1, None), (2, None)]


def test_a_snap_length_is_seen(tmp_path: Path) -> None:
    """Packets that were cut say so."""
    path = tmp_path / "capture"
    path.write_bytes(pcap(conversation(), snap=60))
    assert {p.cut for p in read_capture(path)} == {True, False}


@pytest.mark.parametrize("form", ["pcap", "pcapng", "pcapng-sections"])
def test_a_file_cut_anywhere_is_refused_with_its_place(form: str, tmp_path: Path) -> None:
    """Every length but those that end with a packet: one error, file and octet in it."""
    octets = FORMS[form](conversation()[:4])
    path = tmp_path / "capture"
    refused = []
    sizes = range(0, len(octets), 5)
    for size in sizes:
        path.write_bytes(octets[:size])
        try:
            list(read_capture(path))
        except CaptureError as error:
            refused.append(str(error))
    assert len(refused) >= len(sizes) - 4
    assert all(told.startswith(f"{path}: at octet ") for told in refused)


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (0, b"\x7fELF", "no capture: wanted pcap or pcapng, got 7f454c46"),
        (4, b"\x09\x00", "pcap version 9"),
        (20, b"\x69\x00\x00\x00", "link type 105"),
        (24 + 8, b"\xff\xff\xff\x7f", "packet 1 is damaged"),
        (24 + 4, b"\xff\xff\xff\x7f", "packet 1 is damaged"),
    ],
)
def test_damaged_pcap_is_refused(at: int, value: bytes, told: str, tmp_path: Path) -> None:
    """One clear line: where, and what is wrong."""
    octets = bytearray(pcap(conversation()))
    octets[at : at + len(value)] = value
    path = tmp_path / "capture"
    path.write_bytes(octets)
    with pytest.raises(CaptureError, match=told):
        list(read_capture(path))


@pytest.mark.parametrize(
    ("at", "value", "told"),
    [
        (4, b"\x05\x00\x00\x00", "damaged block: a length of 5"),
        (8, b"\x00\x00\x00\x00", "no byte-order magic"),
        (24, b"\x20\x00\x00\x00", "before it"),
    ],
)
def test_damaged_pcapng_is_refused(at: int, value: bytes, told: str, tmp_path: Path) -> None:
    """One clear line: where, and what is wrong."""
    octets = bytearray(pcapng_section(conversation(), "<"))
    octets[at : at + len(value)] = value
    path = tmp_path / "capture"
    path.write_bytes(octets)
    with pytest.raises(CaptureError, match=told):
        list(read_capture(path))


def test_damaged_gzip_and_no_file_are_refused(tmp_path: Path) -> None:
    """Neither is a traceback."""
    from tcpassay.core.errors import ConfigurationError

    path = tmp_path / "capture.gz"
    path.write_bytes(gzip.compress(pcap(conversation()))[:200])
    with pytest.raises(CaptureError, match="damaged gzip"):
        list(read_capture(path))
    with pytest.raises(ConfigurationError, match="No such file"):
        list(read_capture(tmp_path / "none"))
