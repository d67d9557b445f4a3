"""The sequence variables of both ends of a connection, as the wire shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.core.seq import Seq
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.wire import Segment

#: RFC 7323, 2.3: octets of the largest window that can be announced.
LARGEST_WINDOW = 1 << 30

_ZERO = Seq(0)


@dataclass(slots=True)
class SendSide:
    """RFC 9293, 3.3.1: send sequence variables. `wnd` in octets, as last announced."""

    una: Seq = _ZERO
    nxt: Seq = _ZERO
    wnd: int = 0


@dataclass(slots=True)
class ReceiveSide:
    """RFC 9293, 3.3.1: receive sequence variables. `wnd` in octets, as last announced."""

    nxt: Seq = _ZERO
    wnd: int = 0


@dataclass(slots=True)
class End:
    """One end's variables. `iss` and `irs` are its own and the other's initial numbers."""

    iss: Seq = _ZERO
    irs: Seq = _ZERO
    snd: SendSide = field(default_factory=SendSide)
    rcv: ReceiveSide = field(default_factory=ReceiveSide)


class Numbers:
    """Both ends of one connection, followed from the wire.

    `target.snd.nxt` is the highest number that the target has sent up to, `target.rcv.nxt` the
    last acknowledgement it has sent. `peer.rcv.nxt` moves over what arrives in order.
    `peer_sent_up_to` lies behind what the peer has sent within reach of a window, in order or not.
    """

    __slots__ = ("heard", "peer", "peer_sent_up_to", "synchronized", "target")

    def __init__(self, peer_iss: int) -> None:
        self.peer = End(iss=Seq(peer_iss))
        self.peer.snd.una = self.peer.snd.nxt = Seq(peer_iss)
        self.peer_sent_up_to = Seq(peer_iss)
        self.target = End()
        self.heard = False
        self.synchronized = False

    def sent(self, segment: Segment) -> None:
        """The peer has sent a segment: what the target may know from it."""
        if segment.flags & SYN and not self.synchronized:
            self.peer.iss = Seq(segment.seq)
            self.target.irs = Seq(segment.seq)
            self.peer_sent_up_to = Seq(segment.seq)
        if segment.flags & RST:
            return
        end = Seq(segment.seq) + segment.seg_len
        # What begins farther ahead than any window reaches is never acknowledged.
        if 0 < end.distance(self.peer_sent_up_to) <= LARGEST_WINDOW:
            self.peer_sent_up_to = end
        self.target.snd.wnd = self.peer.rcv.wnd = segment.window
        if segment.flags & ACK and self._acceptable(segment.ack):
            self.target.snd.una = Seq(segment.ack)

    def arrived(self, segment: Segment) -> None:
        """The target has sent a segment."""
        end = Seq(segment.seq) + segment.seg_len
        if segment.flags & SYN and not self.synchronized:
            self._synchronize(segment)
        if segment.flags & RST:
            return
        if not self.heard or end.after(self.target.snd.nxt):
            self.target.snd.nxt = end
        self.heard = True
        if segment.flags & ACK:
            self.target.rcv.nxt = Seq(segment.ack)
            self.target.rcv.wnd = segment.window
            self.peer.snd.una, self.peer.snd.wnd = Seq(segment.ack), segment.window
        if not Seq(segment.seq).after(self.peer.rcv.nxt) and end.after(self.peer.rcv.nxt):
            self.peer.rcv.nxt = end

    def _synchronize(self, segment: Segment) -> None:
        self.synchronized = True
        self.target.iss = self.peer.irs = Seq(segment.seq)
        self.target.snd.una = self.peer.rcv.nxt = Seq(segment.seq)
        self.target.snd.nxt = Seq(segment.seq)

    def _acceptable(self, ack: int) -> bool:
        una, nxt = self.target.snd.una, self.target.snd.nxt
        return not Seq(ack).after(nxt) and Seq(ack).after(una)
