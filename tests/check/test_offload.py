"""What a host leaves to its network card is seen, declared, and not held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.wire_oracle import check_packets
from tcpassay.wire import Segment, build, parse
from tcpassay.wire.checksum import number_of
from tests.check.conversation import PEER, TARGET, conversation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.wire.capture_file import CapturedPacket


def changed(
    source: str, change: Callable[[bytes, Segment], bytes], packets: list[CapturedPacket]
) -> list[CapturedPacket]:
    """All packets of one side, changed."""
    out = []
    for packet in packets:
        assert packet.octets is not None
        datagram = parse(packet.octets)
        assert isinstance(datagram.body, Segment)
        if datagram.ip.src == source:
            packet = packet._replace(octets=change(packet.octets, datagram.body))  # noqa: PLW2901
        out.append(packet)
    return out


def pseudo_only(octets: bytes, _segment: Segment) -> bytes:
    """The checksum as a host leaves it to its card."""
    number = (number_of(TARGET) + number_of(PEER) + 6 + len(octets) - 20) % 0xFFFF
    return octets[:36] + number.to_bytes(2, "big") + octets[38:]


def test_unfinished_checksums_are_declared() -> None:
    """All of the target's hold the sum of the pseudo-header: no verdict on them."""
    report = check_packets(changed(TARGET, pseudo_only, conversation()), (TARGET,))
    (connection,) = report.connections
    assert connection.findings == []
    assert "RFC9293:MUST-2" not in connection.judged
    assert "no verdict on checksums" in report.declared[0]


def test_the_peers_unfinished_checksums_are_taken_as_right() -> None:
    """A capture at the peer, which leaves its checksums to its card."""
    report = check_packets(changed(PEER, pseudo_only, conversation()), (TARGET,), "peer")
    (connection,) = report.connections
    assert connection.findings == []
    assert connection.arrived == 12
    assert "peer's checksums" in report.declared[0]


def test_super_segments_are_declared() -> None:
    """Text of two MSS and more in one segment: no verdict on the MSS."""

    def grown(octets: bytes, segment: Segment) -> bytes:
        if len(segment.payload) < 1000 or segment.payload[0] != ord("c"):
            return octets
        body = segment._replace(payload=segment.payload + bytes(2000))
        return build(parse(octets)._replace(body=body))

    packets = changed(TARGET, grown, conversation(window=64000))
    report = check_packets(packets, (TARGET,))
    assert "no verdict on the MSS" in report.declared[0]
    assert "RFC9293:MUST-16" not in report.connections[0].judged


def test_packets_cut_by_a_snap_length_keep_their_numbers() -> None:
    """Headers only: no verdict on checksum and text, all others as before."""
    cut = [p._replace(octets=p.octets[:80], cut=len(p.octets) > 80) for p in conversation()
           if p.octets]  # fmt: skip
    report = check_packets(cut, (TARGET,))
    (connection,) = report.connections
    assert connection.findings == []
    assert connection.judged["RFC7323:3.2-ALWAYS"] == 12
    assert "cut by a snap length" in report.declared[0]


def test_a_wrong_checksum_of_the_peers_is_not_delivered() -> None:
    """The target is silent to it, and is right (MUST-3)."""
    packets = conversation()
    victim = packets[3]
    assert victim.octets is not None
    packets[3] = victim._replace(octets=victim.octets[:-1] + b"!")
    del packets[4:]
    late = victim._replace(n=5, t_ns=victim.t_ns + 5_000_000_000)
    report = check_packets([*packets, late], (TARGET,))
    assert report.connections[0].findings == []
    assert "wrong checksum are ignored: 1" in report.declared[0]


def test_a_checksum_of_ones_is_zero() -> None:
    """0xFFFF where 0 is computed passes the receiver's test (RFC 1071, 2): no wrong checksum."""
    packets = conversation()
    victim = packets[4]
    assert victim.octets is not None
    datagram = parse(victim.octets)
    assert isinstance(datagram.body, Segment)
    for window in range(0x10000):
        # A window is drawn for which the right checksum is zero.
        octets = build(datagram._replace(body=datagram.body._replace(window=window)))
        if octets[36:38] == bytes(2):
            break
    packets[4] = victim._replace(octets=octets[:36] + bytes((255, 255)) + octets[38:])
    (connection,) = check_packets(packets, (TARGET,), "path").connections
    assert "RFC9293:MUST-2" not in [finding.requirement for finding in connection.findings]
    packets[4] = victim._replace(octets=octets[:36] + bytes((255, 254)) + octets[38:])
    (connection,) = check_packets(packets, (TARGET,), "path").connections
    assert "RFC9293:MUST-2" in [finding.requirement for finding in connection.findings]
