"""Captures: read back by Scapy, octet for octet, nanosecond for nanosecond, with comments."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from tcpassay.core.trace import Judgement, Trace
from tcpassay.reports.pcapng import capture, offending, write_capture

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.reports.record import RunRecord


def test_scapy_reads_it(record: RunRecord, trace: Trace, tmp_path: Path) -> None:
    """A trace of three datagrams; Scapy finds octets, times, directions and comments."""
    import scapy.layers.inet as _layers  # noqa: F401 - names the link type
    from scapy.utils import PcapNgReader

    result = record.cases[1].result
    path = tmp_path / "x.pcapng"
    write_capture(path, trace=trace, result=result)
    with PcapNgReader(str(path)) as reader:
        packets = list(reader)
    sent = [cast("bytes", entry.data) for entry in trace if entry.kind in {"send", "receive"}]
    assert [bytes(packet) for packet in packets] == sent
    assert [packet.name for packet in packets] == ["IP"] * 3
    assert [int(packet.time * 10**9) for packet in packets] == [0, 1_000_000_001, 2_000_000_003]
    assert [packet.direction for packet in packets] == [2, 1, 2]
    comments = [packet.comments or [] for packet in packets]
    assert comments[0][0].startswith(b"rfc9293/3.10.7.3/rst_with_bad_ack on linux, IPv4")
    assert comments[1][0].startswith(b"fail: the answer has another number than wanted\nseg.seq")
    assert comments[2] == []


def test_blocks_are_well_formed(record: RunRecord, trace: Trace) -> None:
    """Every block; its length at both ends, a multiple of four, and the file ends with one."""
    octets = capture(trace, record.cases[1].result)
    kinds = []
    at = 0
    while at < len(octets):
        kind, length = struct.unpack_from("<II", octets, at)
        assert length % 4 == 0
        assert struct.unpack_from("<I", octets, at + length - 4) == (length,)
        kinds.append(kind)
        at += length
    assert at == len(octets)
    assert kinds == [0x0A0D0D0A, 1, 6, 6, 6]


def test_silence_blames_the_last_datagram_before(trace: Trace) -> None:
    """An expectation that nothing met; the datagram before it is the offending one."""
    quiet = Trace()
    quiet.append(0, "send", b"E")
    quiet.append(5, "expect", Judgement("segment", {}, False, "R", None, "nothing came"))
    quiet.append(9, "receive", b"E")
    datagrams = [quiet.entries[0], quiet.entries[2]]
    assert offending(quiet, datagrams) is quiet.entries[0]
    assert offending(trace, [trace.entries[0], trace.entries[1]]) is trace.entries[1]


def test_no_datagrams_still_tell_the_verdict(record: RunRecord) -> None:
    """A case without a packet, with an endless message; a valid file with the verdict on top."""
    result = replace(record.cases[1].result, message="\ud800" + "é" * 100_000)
    octets = capture(Trace(), result)
    assert b"fail: \\ud800" in octets
    assert len(octets) < 10_000
