"""Damaged captures and odd packets: a report or one clear error, never a traceback."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle.wire_oracle import check_packets
from tcpassay.reports.check import as_record, render
from tcpassay.wire.capture_file import CaptureError, read_capture
from tcpassay.wire.pcapng import INBOUND, interface, packet, section
from tests.check.conversation import TARGET, conversation

if TYPE_CHECKING:
    from pathlib import Path


def test_random_damage_to_a_file(tmp_path: Path) -> None:
    """Some octets are overwritten: the file is read to its end, or refused with a place."""
    own = b"".join(packet(p.t_ns, INBOUND, p.octets or b"") for p in conversation())
    octets = section() + interface("tun0") + own
    chance, path, refused = random.Random(1), tmp_path / "damaged", 0
    for _ in range(100):
        damaged = bytearray(octets)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            check_packets(read_capture(path), (TARGET,))
        except CaptureError as error:
            refused += 1
            assert "at octet" in str(error)  # noqa: PT017 - only some are refused
    assert 0 < refused < 100


def test_random_packets_are_reported(tmp_path: Path) -> None:
    """Every tenth packet has a wrong octet, some are cut: all can be told in both forms."""
    chance, catalogue = random.Random(2), load_catalogue()
    for _ in range(60):
        packets = []
        for p in conversation():
            octets = bytearray(p.octets or b"")
            if chance.random() < 0.1:
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            if chance.random() < 0.05:
                del octets[chance.randrange(1, len(octets)) :]
            packets.append(p._replace(octets=bytes(octets), cut=chance.random() < 0.1))
        vantage = chance.choice(("target", "path", "peer"))
        report = check_packets(packets, (TARGET,), vantage)  # type: ignore[arg-type]
        record = as_record(report, catalogue, str(tmp_path))
        assert isinstance(record, dict)
        assert record["segments"] == report.segments
        assert any("not judged" in line for line in render(report, catalogue, "some"))
