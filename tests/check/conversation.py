"""A conversation without fault, packet by packet: loss both ways, idle time, an orderly end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.wire import (
    ACK,
    FIN,
    PSH,
    SYN,
    Datagram,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    WindowScale,
    build,
)
from tcpassay.wire.capture_file import CapturedPacket
from tests.check.edits import PROBE_WINDOW

if TYPE_CHECKING:
    from tcpassay.wire import Option

TARGET, PEER = "192.0.2.1", "192.0.2.2"
_PORTS = {TARGET: 7, PEER: 40000}
_MS = 1_000_000
_ISS = {TARGET: 0xFFFF_F000, PEER: 1000}


class Script:
    """Packets with times; numbers are given relative to each side's SYN."""

    def __init__(self, *, sack: bool = True, window: int = 3200) -> None:
        self.packets: list[CapturedPacket] = []
        self._now = 1_700_000_000_000_000_000
        self._sack, self._window = sack, window
        self._stamps = {TARGET: 500, PEER: 90}

    def wait(self, ms: int) -> None:
        """Let time pass."""
        self._now += ms * _MS

    def send(
        self,
        source: str,
        flags: int,
        seq: int,
        ack: int = 0,
        text: bytes = b"",
        *,
        options: tuple[Option, ...] = (),
        window: int | None = None,
        lost: bool = False,
    ) -> None:
        """One segment, 1 ms after the one before; `lost` keeps it out of the capture."""
        other = PEER if source == TARGET else TARGET
        self._now += _MS
        self._stamps[source] += 1
        echo = self._stamps[other] if flags & ACK else 0
        if window is None:
            window = self._window if source == PEER else 64000
        if lost:
            self._stamps[source] -= 1
            return
        segment = Segment(
            _PORTS[source],
            _PORTS[other],
            (_ISS[source] + seq) & 0xFFFFFFFF,
            (_ISS[other] + ack) & 0xFFFFFFFF if flags & ACK else 0,
            flags,
            window,
            options=(*options, Timestamps(self._stamps[source], echo)),
            payload=text,
        )
        octets = build(Datagram.between(source, other, segment))
        self.packets.append(CapturedPacket(len(self.packets) + 1, self._now, octets, cut=False))

    def opens(self) -> None:
        """The peer's handshake."""
        offers: tuple[Option, ...] = (MaximumSegmentSize(1460), WindowScale(0))
        permitted: tuple[Option, ...] = (SackPermitted(),)
        self.send(PEER, SYN, 0, options=(*offers, *permitted) if self._sack else offers)
        self.send(TARGET, SYN | ACK, 0, 1, options=(*offers, *permitted))
        self.send(PEER, ACK, 1, 1)


def conversation(*, sack: bool = True, window: int = 3200) -> list[CapturedPacket]:
    """Text both ways with a loss each way, two seconds idle, a larger window, FINs."""
    a, b, c = (bytes([letter]) * 1000 for letter in b"abc")
    s = Script(sack=sack, window=window)
    s.opens()
    s.send(PEER, ACK | PSH, 1, 1, a)
    s.send(TARGET, ACK, 1, 1001)
    for at, octets in ((1, a), (1001, b), (2001, c)):
        s.send(TARGET, ACK | PSH, at, 1001, octets)
    s.send(PEER, ACK, 1001, 1001)
    s.send(TARGET, ACK | PSH, 1001, 1001, b)
    s.send(PEER, ACK, 1001, 3001)
    held = Sack((((_ISS[PEER] + 2001) & 0xFFFFFFFF, (_ISS[PEER] + 3001) & 0xFFFFFFFF),))
    s.send(PEER, ACK | PSH, 1001, 3001, b, lost=True)
    s.send(PEER, ACK | PSH, 2001, 3001, c)
    s.send(TARGET, ACK, 3001, 1001, options=(held,))
    s.send(PEER, ACK | PSH, 1001, 3001, b)
    s.send(TARGET, ACK, 3001, 3001)
    s.wait(2000)
    s.send(PEER, ACK, 3001, 3001, window=PROBE_WINDOW)
    s.wait(300)
    s.send(PEER, ACK | PSH, 3001, 3001, b"?")
    s.send(TARGET, ACK, 3001, 3002)
    s.send(TARGET, ACK | FIN, 3001, 3002)
    s.send(TARGET, ACK | FIN, 3001, 3002)
    s.send(PEER, ACK, 3002, 3002)
    s.send(PEER, ACK | FIN, 3002, 3002)
    s.send(TARGET, ACK, 3002, 3003)
    s.wait(500)
    s.send(PEER, ACK | FIN, 3002, 3002)
    s.send(TARGET, ACK, 3002, 3003)
    s.wait(3000)
    return s.packets
