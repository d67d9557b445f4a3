"""A duel as text: every datagram, call and return, with the time. Side 0 stands on the left."""

from __future__ import annotations

from tcpassay.wire import tcp
from tcpassay.wire.datagram import parse
from tcpassay.wire.errors import ParseError
from tcpassay.wire.segment_text import packetdrill_flags
from tests.trials.observer import ahead

SECOND = 1_000_000_000
INDENT = ("", " " * 60)
LEAVES = ("|---->", "<----|")
COMES = ("<====|", "|====>")


class Ladder:
    """Lines of a trace. Numbers count from each side's first, as the segments show them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.bases: dict[int, int] = {}

    def sent(self, now: int, side: int, octets: bytes) -> None:
        """A side sends a datagram."""
        self.note(now, side, f"{LEAVES[side]} {self.segment(side, octets)}")

    def arrives(self, now: int, side: int, octets: bytes) -> None:
        """A datagram arrives at a side."""
        self.note(now, side, f"{COMES[side]} {self.segment(1 - side, octets)}")

    def note(self, now: int, side: int, text: str) -> None:
        """Anything that happens at one side."""
        self.lines.append(f"{now / SECOND:12.6f}  {INDENT[side]}{text}")

    def segment(self, side: int, octets: bytes) -> str:
        """Flags, numbers, length and window, in few words."""
        try:
            segment = parse(octets).body
        except ParseError:
            return f"damaged, {len(octets)} octets"
        if not isinstance(segment, tcp.Segment) or segment.checksum is not None:
            return f"damaged, {len(octets)} octets"
        if segment.flags & tcp.SYN:
            self.bases[side] = segment.seq
        number = ahead(segment.seq, self.bases.get(side, segment.seq))
        told = f"{packetdrill_flags(segment.flags)} {number}({len(segment.payload)})"
        if segment.flags & tcp.ACK:
            told += f" ack {ahead(segment.ack, self.bases.get(1 - side, segment.ack))}"
        return f"{told} win {segment.window}"
