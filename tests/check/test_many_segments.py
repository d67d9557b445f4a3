"""What no single segment shows: waits, acknowledgements in a row, initial numbers, TIME-WAIT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.model.oracle.wire_oracle import check_packets
from tcpassay.wire import ACK, FIN, PSH, RST, SYN, Datagram, Icmp, Segment, build, parse
from tcpassay.wire.capture_file import CapturedPacket
from tests.check.conversation import PEER, TARGET, Script

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = 0xFFFFFFFF
SECOND = 1_000_000_000
LOOP, BACKOFF = "RFC5961:10-ACK-LOOP", "RFC6298:5.5-BACKOFF"


def named(packets: Iterable[CapturedPacket]) -> list[tuple[int, str]]:
    """Packet and clause of every finding."""
    report = check_packets(list(packets), (TARGET,))
    return [(f.packet, f.requirement) for c in report.connections for f in c.findings]


def judged(packets: Iterable[CapturedPacket], clause: str) -> int:
    """How often a requirement was judged."""
    report = check_packets(list(packets), (TARGET,))
    return sum(connection.judged.get(clause, 0) for connection in report.connections)


# -- acknowledgements that nothing has called for --------------------------------------------------


def acknowledging(times: int, *, text: bool = False, grows: bool = False) -> Script:
    """An open connection whose target acknowledges `times` over, 300 ms apart."""
    script = Script()
    script.opens()
    script.wait(2000)
    for i in range(times):
        if text:
            script.send(PEER, ACK | PSH, 1 + i, 1, b"x")
        script.wait(300)
        window = 64000 + (100 * grows - text) * (i + 1)
        script.send(TARGET, ACK, 1, 2 + i if text else 1, window=window)
    return script


def test_the_third_acknowledgement_in_a_row() -> None:
    """The first tells the window, three more nothing at all; the last of them is named, once."""
    assert named(acknowledging(6).packets) == [(7, LOOP)]
    assert named(acknowledging(3).packets) == []


def test_acknowledgements_of_text_are_called_for() -> None:
    """As many, each of an octet that has come and fills the window; all are judged, none named."""
    packets = acknowledging(6, text=True).packets
    assert named(packets) == []
    assert judged(packets, LOOP) == 5


def test_window_updates_are_called_for_by_the_application() -> None:
    """As many, each with a larger window; none is named."""
    assert named(acknowledging(6, grows=True).packets) == []


def test_two_ends_that_answer_each_others_acknowledgements() -> None:
    """An ACK loop of acceptable ACKs: what calls for none is answered by one, again and again."""
    script = Script()
    script.opens()
    for _ in range(5):
        script.send(PEER, ACK, 1, 1)
        script.send(TARGET, ACK, 1, 1)
    assert named(script.packets) == [(11, LOOP)]


# -- waits before the same goes out again ----------------------------------------------------------


def repeating(*waits_ms: int, heard: int = 0, lacks: int = 0) -> list[CapturedPacket]:
    """Text that goes out again after each wait; the peer repeats an ACK before the `heard`th."""
    script = Script()
    script.opens()
    script.send(TARGET, ACK | PSH, 1, 1, b"text")
    for i, wait in enumerate(waits_ms, 1):
        script.wait(wait - 1)
        if i == heard:
            script.send(PEER, ACK, 1, 1)
        script.send(TARGET, ACK | PSH, 1, 1, b"text")
    return [packet for packet in script.packets if packet.n != lacks]


def test_a_time_out_that_never_doubles() -> None:
    """Text sent again every second; the fourth time is named, for the waits do not grow."""
    assert named(repeating(1000, 1000, 1000, 1000)) == [(8, BACKOFF)]


@pytest.mark.parametrize(
    "waits",
    [
        (1000, 2000, 4000, 8000),
        (20, 210, 420, 840, 1680),  # A tail loss probe first.
        (200, 180, 400, 800, 1600),  # What is left of the time-out after a probe.
        (1000, 1000, 1000),
        (50_000, 60_000, 60_000, 60_000, 60_000),
    ],
)
def test_waits_that_are_right(waits: tuple[int, ...]) -> None:
    """Doubled, with a probe before, too few to tell, or at their ceiling; none is named."""
    assert named(repeating(*waits)) == []


def test_doubled_waits_are_judged() -> None:
    """Five waits, each twice the one before; two of them are held against the clause."""
    assert judged(repeating(500, 1000, 2000, 4000, 8000), BACKOFF) == 2


@pytest.mark.parametrize("lacks", range(5, 10))
def test_a_repetition_that_the_capture_lacks(lacks: int) -> None:
    """One repetition is missing; the waits beside it say nothing against the target."""
    assert named(repeating(200, 400, 800, 1600, 3200, 6400, lacks=lacks)) == []


def test_what_is_heard_begins_anew() -> None:
    """The peer has said something in between; waits before and after are not compared."""
    assert named(repeating(1000, 1000, 1000, 1000, heard=3)) == []


def test_an_icmp_error_begins_anew() -> None:
    """RFC 6069: "unreachable" takes back a doubling; waits before and after are not compared."""
    packets = repeating(1000, 1000, 1000, 1000)
    quote = packets[4].octets
    assert quote is not None
    error = build(Datagram.between(PEER, TARGET, Icmp(3, 1, data=quote[:28])))
    told = packets[5]._replace(octets=error, t_ns=packets[5].t_ns + 1)
    assert named([*packets[:6], told, *packets[6:]]) == []


# -- initial numbers -------------------------------------------------------------------------------


def handshakes(numbers: Iterable[int], apart_s: float = 1.0) -> list[CapturedPacket]:
    """A handshake a number of the target's, each from another port of the peer's."""
    packets: list[CapturedPacket] = []
    for i, iss in enumerate(numbers):
        script = Script()
        script.opens()
        for packet in script.packets:
            assert packet.octets is not None
            datagram = parse(packet.octets)
            segment = datagram.body
            assert isinstance(segment, Segment)
            if datagram.ip.src == TARGET:
                segment = segment._replace(dport=50_000 + i, seq=iss)
            else:
                ack = (iss + 1) & MASK if segment.flags & ACK else 0
                segment = segment._replace(sport=50_000 + i, ack=ack)
            t_ns = packet.t_ns + int(i * apart_s * SECOND)
            octets = build(Datagram(datagram.ip, segment._replace(checksum=None)))
            packets.append(CapturedPacket(len(packets) + 1, t_ns, octets, cut=False))
    return packets


def test_one_initial_number_for_all() -> None:
    """Four connections with one ISN; from the third on each is named."""
    found = named(handshakes([77] * 4))
    assert found == [(8, "RFC9293:MUST-9"), (11, "RFC9293:MUST-9")]


def test_initial_numbers_off_the_clock() -> None:
    """Each ISN is the time in units of 4 microseconds; the third is named."""
    found = named(handshakes(range(5000, 5_000_000, 250_000), 1.0))
    assert found[0] == (8, "RFC9293:MUST-9")


def test_initial_numbers_of_their_own() -> None:
    """Four ISNs that have nothing in common; judged, and none is named."""
    packets = handshakes([1 << 30, 77, 3 << 30, 123_456_789])
    assert named(packets) == []
    assert judged(packets, "RFC9293:MUST-9") == 4


# -- TIME-WAIT -------------------------------------------------------------------------------------


def closing(again_ms: int, flags: int) -> Script:
    """The target closes first; the peer's FIN comes again and is answered by `flags`."""
    script = Script()
    script.opens()
    script.send(PEER, ACK | PSH, 1, 1, b"?")
    script.send(TARGET, ACK | FIN, 1, 2)
    script.send(PEER, ACK | FIN, 2, 2)
    script.send(TARGET, ACK, 2, 3)
    script.wait(again_ms)
    script.send(PEER, ACK | FIN, 2, 2)
    script.send(TARGET, flags, 2, 3)
    return script


def test_a_reset_out_of_a_fresh_time_wait() -> None:
    """The FIN comes again after 0.6 s and draws a reset; too early, whatever the MSL."""
    assert named(closing(600, RST).packets) == [(9, "RFC9293:MUST-13")]
    assert named(closing(600, ACK).packets) == []
    assert judged(closing(600, ACK).packets, "RFC9293:MUST-13") == 1


@pytest.mark.parametrize("again_ms", [100, 70_000])
def test_a_reset_that_may_be_right(again_ms: int) -> None:
    """At once, as if it had crossed the FIN, or when TIME-WAIT may be over; nobody can tell."""
    assert named(closing(again_ms, RST).packets) == []


def test_a_syn_in_time_wait_may_be_reset() -> None:
    """Nobody listens any more: a new SYN draws a reset."""
    script = closing(600, ACK)
    script.send(PEER, SYN, 900_000)
    script.send(TARGET, RST | ACK, (-0xFFFF_F000) & MASK, 900_001)
    assert named(script.packets) == []
