"""What the target may send, in each state (RFC 9293, 3.4, 3.5.2, 3.6 and 3.8).

`departs` gives the variables after a segment, or a Refusal that names the clause against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sack import blocks_of, wrong_block
from tcpassay.model.tcb import MASK, SYNCHRONIZED, offset
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.rules.sack import Wrong
    from tcpassay.model.tcb import State, Tcb
    from tcpassay.wire import Segment


#: Octets that any host may send at once, whatever its peer asks for: 68 less both fixed headers,
#: and room for options (RFC 791, 3.2).
SMALLEST_MSS = 48


class Refusal(NamedTuple):
    """Why a segment may not be sent. `allowed` says what would have been right."""

    clause: str
    why: str
    allowed: str = ""


class Sender(NamedTuple):
    """What the application has given the connection to send.

    `octets` is how much at most and `least` at least, counted from the first; `ended` whether it
    has closed that direction; `aborted` whether it may have thrown the connection away; `urgent`
    whether some of it is urgent, which the peer is told even where its window is closed (3.8.5).
    """

    octets: int = 1 << 40
    least: int = 0
    ended: bool = True
    aborted: bool = True
    urgent: bool = True


def departs(tcb: Tcb, segment: Segment, sender: Sender, mss: int) -> Tcb | Refusal:
    """The variables after `segment` has been sent, or what stands against it."""
    flags = segment.flags
    if flags & RST:
        return _reset(tcb, segment, sender)
    if flags & SYN:
        return _syn(tcb, segment)
    if tcb.state not in SYNCHRONIZED and tcb.state != "SYN-RECEIVED":
        why = f"{tcb.state}: only a SYN may be sent"
        return Refusal("RFC9293:3.10.2-SEND-SYNSENT", why, "nothing but the SYN")
    if not flags & ACK:
        why = "a segment without ACK after the handshake"
        return Refusal("RFC9293:3.4-ACK-SANE", why, f"ACK={tcb.rcv_nxt}")
    wrong = _acknowledges(tcb, segment) or _stamped(tcb, segment)
    if wrong is not None:
        return wrong
    if tcb.state == "SYN-RECEIVED" and segment.payload and not tcb.early:
        return Refusal("RFC9293:3.10.2-SEND-SYNSENT", f"{tcb.state}: text before the handshake")
    if segment.payload or flags & FIN:
        after = _text(tcb, segment, sender, mss)
    else:
        after = _bare(tcb, segment)
    return after if isinstance(after, Refusal) else _announced(after, segment)


#: States in which an abort sends a reset (3.10.5).
ABORTED_BY_RESET = frozenset(
    {"SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"}
)


def _reset(tcb: Tcb, segment: Segment, sender: Sender) -> Tcb | Refusal:
    """A reset that nothing has asked for: the application has aborted, or unread text is lost."""
    if tcb.state == "TIME-WAIT":
        return Refusal("RFC9293:MUST-13", "a reset before TIME-WAIT is over", "no reset")
    if not sender.aborted or tcb.state not in ABORTED_BY_RESET:
        why = f"{tcb.state}: a reset without a cause"
        return Refusal("RFC9293:3.5.2-GROUP3-EMPTY-ACK", why, "no reset")
    if segment.seq not in tcb.reset_numbers:
        right = f"SEQ={tcb.snd_nxt}"
        return Refusal("RFC9293:3.10.5-ABORT-SYNC", f"a reset with SEQ={segment.seq}", right)
    return tcb._replace(state="CLOSED")


def _syn(tcb: Tcb, segment: Segment) -> Tcb | Refusal:
    """The SYN or SYN,ACK of the handshake, the first time or again."""
    clause, acks = "RFC9293:3.10.7.2-SYN", segment.flags & ACK
    if tcb.state == "SYN-SENT" and not acks:
        clause = "RFC9293:3.10.1-OPEN-ACTIVE"
    elif tcb.state != "SYN-RECEIVED":
        return Refusal(clause, f"{tcb.state}: a SYN{',ACK' if acks else ''}", "no SYN")
    if segment.seq != tcb.iss:
        return Refusal(clause, f"a SYN with SEQ={segment.seq}", f"SEQ={tcb.iss}")
    if acks and segment.ack != tcb.rcv_nxt:
        return Refusal(clause, f"a SYN with ACK={segment.ack}", f"ACK={tcb.rcv_nxt}")
    return tcb._replace(rcv_wnd=segment.window) if acks else tcb


def _acknowledges(tcb: Tcb, segment: Segment) -> Refusal | None:
    if segment.ack == tcb.rcv_nxt:
        return None
    why = f"ACK={segment.ack}, {offset(segment.ack, tcb.rcv_nxt):+d} from RCV.NXT"
    return Refusal("RFC9293:3.4-ACK-SANE", why, f"ACK={tcb.rcv_nxt}")


def _stamped(tcb: Tcb, segment: Segment) -> Refusal | None:
    """RFC 7323, 3.2: every segment carries a timestamp and echoes TS.Recent."""
    if tcb.ts_recent is None:
        return None
    stamps = timestamps(segment)
    if stamps is None:
        why = "no timestamp, and both ends have agreed on them"
        return Refusal("RFC7323:3.2-ALWAYS", why, f"TSecr={tcb.ts_recent}")
    if stamps.tsecr != tcb.ts_recent:
        why = f"TSecr={stamps.tsecr}"
        return Refusal("RFC7323:3.2-TSECR-ECHO", why, f"TSecr={tcb.ts_recent}")
    return None


def reports(tcb: Tcb, segment: Segment) -> Refusal | None:
    """RFC 2018, 4: a block of a SACK option tells of what has come, or what stands against that.

    `held` has to be all that has.
    """
    if not segment.options:
        return None
    wrong = wrong_block(blocks_of(segment.options), tcb.held, tcb.fin, tcb.rcv_nxt)
    return None if wrong is None else misreported(wrong, tcb.rcv_nxt)


def misreported(wrong: Wrong, rcv_nxt: int) -> Refusal:
    """What stands against a segment with such a block."""
    left, right = (offset(edge, rcv_nxt) for edge in wrong.block)
    why = f"a SACK block from {left:+d} to {right:+d} of RCV.NXT {wrong.why}"
    return Refusal("RFC2018:4-BLOCK-EDGES", why, "blocks of what has come")


def _bare(tcb: Tcb, segment: Segment) -> Tcb | Refusal:
    """An ACK alone: at SND.NXT, or one below it to ask whether the peer lives (3.8.4)."""
    at = offset(segment.seq, tcb.snd_nxt)
    if at in (0, -1):
        return tcb
    if at < 0 and tcb.offered < offset(tcb.snd_nxt, tcb.snd_una):
        # The window has shrunk below what is in flight: SEQ at its edge is the best there is.
        return tcb
    why = f"an ACK with SEQ={segment.seq}, {at:+d} from SND.NXT"
    return Refusal("RFC9293:3.5.2-GROUP3-EMPTY-ACK", why, f"SEQ={tcb.snd_nxt}")


def _text(tcb: Tcb, segment: Segment, sender: Sender, mss: int) -> Tcb | Refusal:
    """Text and FIN: from the queue, without a gap, within window and MSS."""
    start, size = offset(segment.seq, tcb.snd_nxt), len(segment.payload)
    ends = segment.flags & FIN
    if start > 0:
        why = f"a gap of {start} octets before the text"
        return Refusal("RFC9293:3.4-WRAP", why, f"SEQ={tcb.snd_nxt}")
    if start < 0 and size == 1 and not ends and start == -1:
        return tcb  # A keep-alive with an octet of garbage (3.8.4).
    if size > max(mss, SMALLEST_MSS):
        return Refusal("RFC9293:MUST-16", f"{size} octets of text", f"at most {mss}")
    first = (tcb.iss + 1) & MASK
    if offset(segment.seq, first) + size > sender.octets:
        why = "text that the application has not given"
        return Refusal("RFC9293:3.10.2-SEND-CLOSED", why, f"{sender.octets} octets in all")
    beyond = start + size + 1
    if tcb.fin_sent and (beyond > 0 or (ends and beyond != 0)):
        return Refusal("RFC9293:3.10.2-SEND-CLOSING", "text behind the FIN", "no more text")
    room = offset((tcb.snd_una + tcb.snd_wnd) & MASK, tcb.snd_nxt)
    if start + size > max(room, 0) and start + size > 0 and not _probes(tcb, start, size, room):
        why = f"{start + size - max(room, 0)} octets beyond the window"
        most = f"at most {max(room - start, 0)} octets"
        return Refusal("RFC9293:3.8.6-SEND-IN-WINDOW", why, most)
    if ends and not tcb.fin_sent:
        if not sender.ended:
            why = "a FIN, and the application has not closed"
            return Refusal("RFC9293:3.10.4-CLOSE-ESTAB", why, "no FIN")
        left = sender.least - offset(segment.seq, first) - size
        if left > 0:
            why = f"a FIN before {left} queued octets"
            return Refusal("RFC9293:3.9.1.4-CLOSE-FLUSH", why, "the text first")
        return finished(tcb, (segment.seq + size + 1) & MASK)
    if start + size > 0 and not tcb.fin_sent:
        return tcb._replace(snd_nxt=(segment.seq + size) & MASK)
    return tcb


def _probes(tcb: Tcb, start: int, size: int, room: int) -> bool:
    """One octet into a closed window is a probe (MUST-36)."""
    return start == 0 and size == 1 and room <= 0 and tcb.snd_una == tcb.snd_nxt


_CLOSES: dict[State, State] = {"ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "LAST-ACK"}


def finished(tcb: Tcb, nxt: int) -> Tcb:
    """The variables once our FIN has gone out, right before `nxt`."""
    state = _CLOSES.get(tcb.state, tcb.state)
    return tcb._replace(state=state, snd_nxt=nxt, fin_sent=True)


def _announced(tcb: Tcb, segment: Segment) -> Tcb:
    """RCV.WND as announced; the right edge is the farthest that was ever told (3.8.6)."""
    edge = max(segment.window, tcb.rcv_wnd)
    if edge == tcb.rcv_wnd and segment.ack == tcb.last_ack:
        return tcb
    return tcb._replace(rcv_wnd=edge, last_ack=segment.ack)
