"""Looks at everything one end of a connection sends, and knows what it may be.

It reads datagrams with the tester's own codec, strictly, and takes no number from the stack: what
was sent at which place follows from the initial number and the stream.
"""

from __future__ import annotations

from typing import Protocol

from tcpassay.wire import tcp
from tcpassay.wire.datagram import parse
from tcpassay.wire.options import MaximumSegmentSize, WindowScale
from tests.trials.broken import demand

MASK = 0xFFFFFFFF
HALF = 0x80000000
KEEPALIVES = (b"", b"\0")
SYN, FIN, RST, ACK = tcp.SYN, tcp.FIN, tcp.RST, tcp.ACK


def ahead(number: int, origin: int) -> int:
    """How far `number` lies after `origin`; negative when before."""
    return ((number - origin + HALF) & MASK) - HALF


class Stream(Protocol):
    """What an application sends: its octets by their places."""

    def __getitem__(self, key: slice, /) -> bytes: ...


class Observer:
    """One direction of one connection. `stream` is what the application sends, from its start."""

    def __init__(self, stream: Stream, mtu: int) -> None:
        self.stream = stream
        self.mtu = mtu
        self.other: Observer | None = None
        self.iss: int | None = None
        self.mss = 65_535
        self.shift: int | None = None
        self.highest = 0  # Numbers used, from the initial one.
        self.end: int | None = None
        self.acked: int | None = None
        self.edge: int | None = None

    def sent(self, octets: bytes) -> tcp.Segment:
        """Judge one datagram; returns its segment."""
        demand(len(octets) <= self.mtu, "a datagram fits the link", f"{len(octets)} octets")
        segment = parse(octets, strict=True).body
        demand(isinstance(segment, tcp.Segment), "what is sent is a segment", octets.hex())
        assert isinstance(segment, tcp.Segment)
        if segment.flags & SYN:
            self.opens(segment)
        elif not segment.flags & RST:
            self.text(segment)
        if segment.flags & ACK and not segment.flags & RST:
            self.acknowledgement(segment)
        return segment

    def opens(self, segment: tcp.Segment) -> None:
        """A SYN: the same number each time; text on it is the beginning of the stream."""
        demand(self.iss in (None, segment.seq), "a SYN sent again has its number")
        self.iss = segment.seq
        size = len(segment.payload)
        demand(self.stream[0:size] == segment.payload, "text on a SYN is the stream's", size)
        self.highest = max(self.highest, 1 + size)
        for option in segment.options:
            if isinstance(option, MaximumSegmentSize):
                self.mss = option.value
            elif isinstance(option, WindowScale):
                self.shift = min(option.shift, 14)

    def text(self, segment: tcp.Segment) -> None:
        """Text is the stream at its place, a FIN stands at its end and nowhere else."""
        if self.iss is None:
            return
        start = ahead(segment.seq, self.iss) - 1
        if start == self.highest - 2 and segment.payload in KEEPALIVES:
            return  # RFC 9293, 3.8.4: a keep-alive stands one before SND.NXT.
        stop = start + len(segment.payload)
        demand(start >= 0, "numbers start after the SYN", start)
        same = self.stream[start:stop] == segment.payload
        demand(same, "text is the stream at its number", f"{start} to {stop}")
        if segment.flags & FIN:
            demand(self.end in (None, stop), "a FIN sent again has its number", stop)
            self.end = stop
            stop += 1
        demand(start <= self.highest, "no number is skipped", f"{start} after {self.highest}")
        self.highest = max(self.highest, stop + 1)
        other = self.other
        if segment.payload and other is not None and other.edge is not None:
            demand(len(segment.payload) <= other.mss, "the peer's MSS holds", len(segment.payload))
            beyond = ahead(segment.seq, other.edge) + len(segment.payload)
            probe = len(segment.payload) == 1
            demand(beyond <= probe, "text stays in the window", f"{beyond} beyond")

    def acknowledgement(self, segment: tcp.Segment) -> None:
        """It never goes back, nor does the window's edge, nor beyond what was sent to us."""
        other = self.other
        if other is not None and other.iss is not None:
            reach = ahead(segment.ack, other.iss)
            demand(reach <= other.highest, "only what was sent is acknowledged", reach)
        back = 0 if self.acked is None else ahead(segment.ack, self.acked)
        demand(back >= 0, "an acknowledgement never goes back", back)
        self.acked = segment.ack
        shift = self.scale_of(segment)
        edge = (segment.ack + (segment.window << shift)) & MASK
        moved = 0 if self.edge is None else ahead(edge, self.edge)
        # RFC 7323, 2.4: scaling rounds a window down, by less than one of its units.
        demand(moved > -(1 << shift), "the window's edge never goes back", moved)
        if self.edge is None or moved > 0:
            self.edge = edge

    def scale_of(self, segment: tcp.Segment) -> int:
        """By how many bits the window is shifted: none in a SYN, or unless both offered it."""
        if segment.flags & SYN or self.shift is None:
            return 0
        return 0 if self.other is None or self.other.shift is None else self.shift
