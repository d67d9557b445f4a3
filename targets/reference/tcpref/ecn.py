"""Explicit congestion notification (RFC 3168): routers mark datagrams in place of dropping them.

Both ends agree in the handshake: ECE and CWR on the SYN, ECE alone on the SYN,ACK. From then on new
text goes out as ECT(0), which allows routers to mark it CE; what is sent again, probes and bare
ACKs do not. Who gets a mark says ECE on everything it sends until CWR arrives. Who is told ECE
sends less, as after a loss but once a window, and says CWR on the next new text.

Setting `ecn`: "on" offers it in connect() too, "accept" agrees to it only, "off" does neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.segment import ACK, CWR, ECE, SYN

if TYPE_CHECKING:
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

#: Codepoints of the IP header (RFC 3168, 5).
NOT_ECT, ECT_1, ECT_0, CE = range(4)


class Ecn:
    """ECN on one connection; a connection without has none.

    `marks`: new text may be ECT. `echo`: ECE goes out. `cwr_due`: so will CWR, once. `point` is
    SND.NXT when the window was reduced last. `held`: with a window of one segment the next one
    waits for the retransmission timer.
    """

    __slots__ = ("cwr_due", "echo", "held", "marks", "point")

    def __init__(self) -> None:
        self.marks = True
        self.echo = False
        self.cwr_due = False
        self.held = False
        self.point: int | None = None


# The handshake (6.1.1).
def offer(tcb: Tcb) -> None:
    """An active open."""
    if tcb.settings.ecn == "on":
        tcb.ecn = Ecn()


def grant(tcb: Tcb, syn: Segment) -> None:
    """A passive open: granted if the SYN asks for it."""
    if tcb.settings.ecn != "off" and agrees(syn):
        tcb.ecn = Ecn()


def agrees(segment: Segment) -> bool:
    """Whether a SYN or SYN,ACK is an ECN-setup one.

    A SYN,ACK with both flags only repeats what a SYN has said (6.1.1.2).
    """
    wanted = ECE if segment.flags & ACK else ECE | CWR
    return segment.flags & (ECE | CWR) == wanted


def syn_arrives(tcb: Tcb, segment: Segment) -> None:
    """A SYN or SYN,ACK to an open that has offered or granted ECN: one without ends it."""
    if segment.flags & SYN and not agrees(segment):
        tcb.ecn = None


def syn_flags(tcb: Tcb, ecn: Ecn, flags: int) -> int:
    """What our SYN or SYN,ACK says.

    After some without an answer a SYN goes without: something on the path may drop those that
    offer ECN (6.1.1.1). Then no text is ECT, but marks of the peer's are still echoed.
    """
    if flags & ACK:
        return ECE
    if 0 < tcb.settings.ecn_syns <= tcb.retransmissions:
        ecn.marks = False
        return 0
    return ECE | CWR


# The receiver (6.1.3).
def arrives(ecn: Ecn, segment: Segment) -> None:
    """A segment in the window: CWR ends the echo, text marked CE begins it again."""
    if segment.flags & CWR:
        ecn.echo = False
    if segment.ecn == CE and segment.payload:
        ecn.echo = True


# The sender (6.1.2).
def stamp(ecn: Ecn, flags: int, *, fresh: bool) -> tuple[int, int]:
    """Control bits and codepoint of a segment that goes out; `fresh`: it carries new text."""
    if ecn.echo and flags & ACK:
        flags |= ECE
    if not fresh or not ecn.marks:
        return flags, NOT_ECT
    if ecn.cwr_due:
        ecn.cwr_due = False
        flags |= CWR
    return flags, ECT_0


def echo_arrives(tcb: Tcb, ecn: Ecn, ack: int) -> None:
    """An acceptable ACK with ECE, before what it acknowledges leaves the flight.

    Of one window of data one is an answer, the others tell the same. With a window of a single
    segment there is nothing to halve: the retransmission timer starts anew, and nothing goes out
    before it expires.
    """
    if tcb.congestion.cwnd <= tcb.snd_mss:
        ecn.held = True
        tcb.retransmission.stop()
        tcb.persist.stop()
    if not same_window(tcb, ecn, ack):
        tcb.congestion.congestion_experienced(tcb)
        window_reduced(tcb, ecn)


def loss_is_news(tcb: Tcb, ecn: Ecn) -> bool:
    """Whether a lost segment asks for a smaller window; not where a mark has done so already."""
    if same_window(tcb, ecn, seq.add(tcb.snd_una, 1)):
        return False
    window_reduced(tcb, ecn)
    return True


def same_window(tcb: Tcb, ecn: Ecn, ack: int) -> bool:
    """Whether what `ack` acknowledges was sent before the window was reduced last."""
    if ecn.point is None:
        return False
    outstanding = (ecn.point - tcb.snd_una) & seq.MASK
    return seq.distance(ack, tcb.snd_una) <= outstanding <= tcb.flight


def window_reduced(tcb: Tcb, ecn: Ecn) -> None:
    """For whatever reason: the next new text says so."""
    ecn.point = tcb.snd_nxt
    ecn.cwr_due = True
