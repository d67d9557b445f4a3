"""The other end of one fuzzed connection: what it may send, what it has sent, what it has seen."""

from __future__ import annotations

from random import Random
from struct import pack
from typing import TYPE_CHECKING

from tcpassay.wire import tcp
from tcpassay.wire.datagram import parse
from tcpassay.wire.errors import ParseError
from tcpassay.wire.options import Timestamps
from tests.trials import packets
from tests.trials.broken import demand
from tests.trials.contents import Endless, at_number
from tests.trials.observer import ACK, MASK, SYN, Observer

if TYPE_CHECKING:
    from tcpref.tcb import Key, Tcb

#: Distances from a number that matters.
NEAR = (0, 0, 0, 0, 1, -1, 2, 10, -10, 536, -536, 1460, 4000, 5000, -5000, 70_000, 1 << 31)


class Partner:
    """One pair of ends. Addresses and ports are those of the stack first."""

    def __init__(
        self, here: tuple[bytes, int], there: tuple[bytes, int], iss: int, mtu: int
    ) -> None:
        self.here = here
        self.there = there
        self.iss = iss
        self.mtu = mtu
        self.observer = Observer(Endless(), mtu)
        self.record: Tcb | None = None
        self.fd = -1
        self.queued = 0
        self.delivered = 0
        self.saw_end = False
        self.discards = False
        self.busy = False
        self.closed = False
        self.wild: list[tuple[int, bytes]] = []
        self.stamp = 1
        self.echo: int | None = None
        #: What the stack would give this host as a cookie for fast open.
        self.cookie = b""

    @property
    def key(self) -> Key:
        """How the stack finds the connection."""
        return (*self.here, *self.there)

    # Sending.
    def build(
        self,
        flags: int,
        number: int,
        ack: int,
        window: int = 65_535,
        *,
        text: int = 0,
        options: bytes = b"",
        words: int | None = None,
        urgent: int = 0,
    ) -> bytes:
        """A segment with the text that belongs at its number."""
        start = number + 1 if flags & SYN else number
        payload = at_number(start, text) if text else b""
        ports = self.there[1], self.here[1]
        numbers = number & MASK, ack & MASK
        return packets.segment(
            ports, numbers, flags, window, options, payload, words=words, urgent=urgent
        )

    def wrap(self, segment: bytes) -> bytes:
        """A datagram of it, with its checksum."""
        src, dst = self.there[0], self.here[0]
        return packets.datagram(src, dst, packets.seal(src, dst, segment))

    def stamps(self) -> bytes:
        """A timestamps option where the stack uses them, or nothing."""
        if self.echo is None:
            return b""
        self.stamp += 1
        return pack("!BBBBII", 1, 1, 8, 10, self.stamp, self.echo)

    def valid(self, tcb: Tcb, flags: int = ACK, text: int = 0, ack: int | None = None) -> bytes:
        """What is due: at RCV.NXT, acknowledging all."""
        acked = tcb.snd_nxt if ack is None else ack
        segment = self.build(flags, tcb.rcv_nxt, acked, text=text, options=self.stamps())
        return self.wrap(segment)

    def note_wild(self, octets: bytes) -> None:
        """Remember text that is not what belongs at its number: the stack may take it."""
        try:
            segment = parse(octets).body
        except ParseError:
            return
        if not isinstance(segment, tcp.Segment) or not segment.payload:
            return
        start = segment.seq + 1 if segment.flags & SYN else segment.seq
        if segment.payload != at_number(start, len(segment.payload)):
            self.wild.append((start & MASK, segment.payload))

    # Receiving.
    def begin_anew(self, record: Tcb) -> None:
        """The stack has a new connection between these ends."""
        if self.record is None:
            self.record = record
            return
        self.record = record
        self.observer = Observer(Endless(), self.mtu)
        self.fd = -1
        self.queued = self.delivered = 0
        self.saw_end = self.discards = self.busy = self.closed = False
        self.echo = None

    def sees(self, octets: bytes) -> tcp.Segment:
        """A datagram of the stack's for this connection."""
        segment = self.observer.sent(octets)
        for option in segment.options:
            if isinstance(option, Timestamps):
                self.echo = option.tsval
        return segment

    def reads(self, tcb: Tcb, octets: bytes) -> None:
        """What the application was given next."""
        number = tcb.irs + 1 + self.delivered
        demand(not self.saw_end or not octets, "nothing comes after the end of the stream")
        if octets != at_number(number, len(octets)):
            for place, octet in enumerate(octets):
                right = octet in self.sent_at(number + place)
                demand(right, "octets are those sent at their numbers", f"at {place}")
        self.delivered += len(octets)

    def sent_at(self, number: int) -> set[int]:
        """Every octet that has been sent at this number."""
        there = {at_number(number, 1)[0]}
        for start, text in self.wild:
            place = number - start & MASK
            if place < len(text):
                there.add(text[place])
        return there


def near(rng: Random, number: int) -> int:
    """A number about where it matters."""
    return (number + rng.choice(NEAR)) & MASK
