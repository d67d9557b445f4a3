"""The eight checks of SEGMENT ARRIVES in the synchronized states (RFC 9293, 3.10.7.4).

Each is a function that a state's handler calls in the order of the RFC. A check returns the
disposition that ends the work on the segment, or None to go on to the next check. The third
check (security) has nothing to look at in a stack without compartments.
"""

from __future__ import annotations

from tcpref import ecn, rack, sack, seq, tail_loss, timestamps, urgent, uto
from tcpref.disposition import (
    ACKNOWLEDGE,
    CHALLENGE,
    DROP,
    Answer,
    Disposition,
    repeat_or_challenge,
)
from tcpref.scoreboard import NOTHING_REPORTED, Scoreboard
from tcpref.segment import ACK, ECE, FIN, RST, SYN, URG, Segment
from tcpref.tcb import Tcb

#: When an acknowledgement is sent. Python 3.11 takes 90 ns to find a member of an enumeration.
AT_NO_TIME, AT_ONCE, LATER = Answer.NOTHING, Answer.ACK, Answer.DELAYED_ACK


# First, check the sequence number.
def sequence_acceptable(tcb: Tcb, segment: Segment) -> bool:
    """The four cases of RFC 9293, 3.4, and the allowance for a window of zero.

    With RCV.WND zero a segment with text at RCV.NXT is let through, so that its ACK, URG and RST
    count; the text itself is cut off later.
    """
    at = seq.distance(segment.seq, tcb.rcv_nxt)
    if at == 0:
        return True
    window = tcb.rcv_wnd
    length = segment.length
    if length == 0:
        return 0 <= at < window
    return 0 <= at < window or 0 <= at + length - 1 < window


def check_sequence(tcb: Tcb, segment: Segment) -> Disposition | None:
    """An unacceptable segment is acknowledged and dropped; with RST, only dropped."""
    if segment.flags & RST or sequence_acceptable(tcb, segment):
        return None
    return repeat_or_challenge(segment)


# Second, check the RST bit.
def check_rst(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    """RFC 5961, 3.2: exactly at RCV.NXT it counts, elsewhere in the window it is challenged.

    `reset` is what the state does about a reset that counts.
    """
    if not segment.flags & RST:
        return None
    if segment.seq == tcb.rcv_nxt:
        return reset
    return CHALLENGE if seq.within(segment.seq, tcb.rcv_nxt, tcb.rcv_wnd) else DROP


# Fourth, check the SYN bit.
def check_syn(segment: Segment) -> Disposition | None:
    """RFC 5961, 4.2: a SYN on a synchronized connection draws a challenge ACK, never a reset."""
    return CHALLENGE if segment.flags & SYN else None


# Fifth, check the ACK field.
def ack_acceptable(tcb: Tcb, ack: int) -> bool:
    """RFC 5961, 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT."""
    oldest = tcb.max_snd_wnd if tcb.settings.check_old_acks else seq.HALF
    return (tcb.snd_nxt - ack) & seq.MASK <= tcb.flight + oldest


def check_ack(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    """Drop what has no ACK, refuse what acknowledges the unsent, take what is new."""
    if not segment.flags & ACK:
        return DROP
    ack, una = segment.ack, tcb.snd_una
    if not ack_acceptable(tcb, ack):
        return CHALLENGE
    tcb.heard_at = now
    if tcb.timestamps:
        timestamps.remember(tcb, segment, now)
    if tcb.snd_wnd == 0:
        tcb.stalled_since = now  # A peer that answers probes is alive (MUST-37).
    if tcb.ecn is not None and segment.flags & ECE and not seq.before(ack, una):
        ecn.echo_arrives(tcb, tcb.ecn, ack)
    if tcb.tail_loss is not None and tcb.tail_loss.end is not None:
        tail_loss.heard(tcb, tcb.tail_loss, segment)
    if ack == una:
        if is_duplicate_ack(tcb, segment):
            count_duplicate(tcb)
    elif seq.after(ack, una):
        acknowledge(tcb, segment, now)
    else:
        return None  # An old one: its window is old as well, and so is what it reports.
    if tcb.uto is not None:
        uto.heard(tcb, tcb.uto, segment)
    if segment.options.sack and tcb.sack:
        take_report(tcb, segment, now)
    update_send_window(tcb, segment)
    return None


def count_duplicate(tcb: Tcb) -> None:
    """A duplicate ACK has come; what follows from it is for `loss_recovery`."""
    tcb.dup_acks += 1
    tcb.duplicate = tcb.suspicious = True


def take_report(tcb: Tcb, segment: Segment, now: int) -> None:
    """A SACK option. With SACK a duplicate ACK is one that reports something new, whatever else it
    is or brings (RFC 6675, 2).
    """
    if tcb.scoreboard is NOTHING_REPORTED:
        tcb.scoreboard = Scoreboard()
    told, una, nxt, board = segment.options.sack, tcb.snd_una, tcb.snd_nxt, tcb.scoreboard
    highest, news = board.highest(una), board.news(told, una, nxt) if tcb.rack is not None else []
    if board.update(told, una, nxt):
        count_duplicate(tcb)
    if tcb.rack is not None:
        if sack.is_duplicate_report(told, segment.ack):
            rack.duplicate_reported(tcb, tcb.rack)
        rack.reported(tcb, tcb.rack, news, highest, echo_of(tcb, segment), now)


def acknowledge(tcb: Tcb, segment: Segment, now: int) -> None:
    """SND.UNA moves to SEG.ACK; what it covers leaves the retransmission queue.

    SND.WND counts from SND.UNA, so it shrinks by the same text: else the edge would move beyond
    what the peer has offered when the segment is too old to set the window.
    """
    ack = segment.ack
    if tcb.timestamps:
        timestamps.measure(tcb, segment, now)
    else:
        tcb.rto.acknowledged(ack, now)
    if tcb.rack is not None:
        rack.acknowledged(tcb, tcb.rack, ack, echo_of(tcb, segment), now)
    octets = min(max(0, seq.distance(ack, tcb.data_seq)), len(tcb.send_buffer))
    echo = segment.flags & ECE and tcb.ecn is not None
    if not echo and (tcb.recovery is None or not tcb.recovery.fast):
        tcb.congestion.acknowledged(tcb, octets)
    tcb.snd_wnd = max(0, tcb.snd_wnd - octets)
    tcb.send_buffer.acknowledge(octets)
    tcb.data_seq = seq.add(tcb.data_seq, octets)
    tcb.snd_una = ack
    tcb.retransmissions = 0
    tcb.stalled_since = now
    tcb.dup_acks = 0
    tcb.probing = False
    tcb.soft_error = None
    tcb.retransmission.stop()
    if tcb.tail_loss is not None:
        tcb.tail_loss.timer.stop()


def echo_of(tcb: Tcb, segment: Segment) -> int | None:
    """TSecr, where timestamps are in use."""
    return segment.options.tsecr if tcb.timestamps else None


def is_duplicate_ack(tcb: Tcb, segment: Segment) -> bool:
    """RFC 5681, section 2: nothing new in it at all, while something is outstanding.

    The answer to a probe of a closed window tells of no loss. With SACK `take_report` tells.
    """
    return (
        tcb.snd_una != tcb.snd_nxt
        and not tcb.sack
        and segment.ack == tcb.snd_una
        and tcb.snd_wnd > 0
        and segment.length == 0
        and segment.wnd << tcb.snd_scale == tcb.snd_wnd
    )


def update_send_window(tcb: Tcb, segment: Segment) -> None:
    """Take SEG.WND unless the segment is older than the one that set the window last."""
    if segment.seq == tcb.snd_wl1:
        newer = not seq.before(segment.ack, tcb.snd_wl2)
    else:
        newer = seq.after(segment.seq, tcb.snd_wl1)
    if newer:
        set_send_window(tcb, segment)


def set_send_window(tcb: Tcb, segment: Segment) -> None:
    """SND.WND, and which segment it came from. A SYN's window is not scaled (RFC 7323, 2.2)."""
    wnd = segment.wnd if segment.flags & SYN else segment.wnd << tcb.snd_scale
    tcb.snd_wnd = wnd
    tcb.snd_wl1 = segment.seq
    tcb.snd_wl2 = segment.ack
    tcb.max_snd_wnd = max(tcb.max_snd_wnd, wnd)


# Sixth, check the URG bit.
def check_urgent(tcb: Tcb, segment: Segment) -> None:
    """The urgent pointer moves forward, if it does; the mark goes where it says."""
    if segment.flags & URG:
        urgent.arrives(tcb, segment)


# Seventh, process the segment text.
def process_text(tcb: Tcb, segment: Segment) -> Answer:
    """Take the text (and remember a FIN) as far as it lies in the window.

    Returns the acknowledgement it deserves: none for a segment without text, at once for one that
    is out of order, fills a hole or brings nothing new, delayed for the usual case.
    """
    if tcb.ecn is not None:
        ecn.arrives(tcb.ecn, segment)
    size = len(segment.payload)
    if not size and not segment.flags & FIN:
        return AT_NO_TIME
    before = tcb.rcv_nxt
    in_turn = segment.seq == before and not tcb.reassembly and tcb.fin_seq is None
    if in_turn or not tcb.sack:
        queue_text(tcb, segment)
    else:
        sack.note_duplicate(tcb, segment)
        queue_text(tcb, segment)
        sack.note_text(tcb, segment)
    if segment.flags & FIN or not in_turn or tcb.rcv_nxt == before:
        return AT_ONCE
    if size != tcb.rcv_mss:
        tcb.rcv_mss = min(max(tcb.rcv_mss, size), tcb.announced_mss)
    tcb.unacked_octets += size
    return AT_ONCE if second_full_segment(tcb) else LATER


def second_full_segment(tcb: Tcb) -> bool:
    """Whether two full-sized segments wait for their acknowledgement (SHLD-19)."""
    return tcb.unacked_octets >= 2 * tcb.rcv_mss


def queue_text(tcb: Tcb, segment: Segment) -> None:
    """Cut the text to the window, deliver what is in order, keep the rest for later."""
    start = seq.add(segment.seq, 1) if segment.flags & SYN else segment.seq
    text, room = segment.payload, tcb.rcv_wnd
    if start != tcb.rcv_nxt:
        ahead = seq.distance(start, tcb.rcv_nxt)
        if ahead < 0:
            text, start = text[-ahead:], tcb.rcv_nxt
        else:
            room -= ahead
    note_fin(tcb, segment, room - len(text))
    if len(text) > room:
        text = text[: max(0, room)]
    if tcb.reassembly or start != tcb.rcv_nxt:
        tcb.reassembly.insert(start, text)
        text = tcb.reassembly.take(tcb.rcv_nxt)
    deliver(tcb, text)


def hold_text(tcb: Tcb, segment: Segment) -> None:
    """Keep the text of a SYN until the connection is established (RFC 9293, 3.10.7.2)."""
    if not segment.payload and not segment.flags & FIN:
        return
    note_fin(tcb, segment, tcb.rcv_wnd - len(segment.payload))
    tcb.reassembly.insert(tcb.rcv_nxt, segment.payload[: tcb.rcv_wnd])


def drop_held_text(tcb: Tcb) -> None:
    """Forget the text and the FIN of a SYN: the peer has to send them again."""
    tcb.reassembly.clear()
    tcb.fin_seq = None


def note_fin(tcb: Tcb, segment: Segment, room: int) -> None:
    """Remember where the peer's data ends, if its FIN lies within the window.

    Text that came with the SYN may already lie beyond it: such a FIN is false.
    """
    if not segment.flags & FIN or room <= 0 or tcb.fin_seq is not None:
        return
    end = seq.add(segment.seq, segment.length - 1)
    if not seq.before(end, tcb.rcv_nxt):
        tcb.fin_seq = end


def deliver(tcb: Tcb, text: bytes) -> None:
    """Hand octets in order to the application; never beyond the peer's FIN."""
    if tcb.fin_seq is not None:
        text = text[: max(0, seq.distance(tcb.fin_seq, tcb.rcv_nxt))]
    tcb.rcv_nxt = seq.add(tcb.rcv_nxt, len(text))
    tcb.received += text


# Eighth, check the FIN bit.
def take_fin(tcb: Tcb) -> bool:
    """Advance RCV.NXT over the peer's FIN once all before it has come."""
    if tcb.fin_seq is None or tcb.rcv_nxt != tcb.fin_seq:
        return False
    tcb.rcv_nxt = seq.add(tcb.rcv_nxt, 1)
    tcb.reassembly.clear()
    return True


# What several states have in common.
def first_checks(tcb: Tcb, segment: Segment, reset: Disposition) -> Disposition | None:
    """The first four checks: sequence number, RST, security, SYN.

    The segment that is due next passes them whatever the window is, so nearly all traffic takes
    the short way (Van Jacobson's header prediction, as far as it repeats no decision).
    """
    if segment.seq == tcb.rcv_nxt and not segment.flags & (RST | SYN):
        return None
    return check_sequence(tcb, segment) or check_rst(tcb, segment, reset) or check_syn(segment)


def lost_on_closed_application(tcb: Tcb, segment: Segment) -> bool:
    """Whether the segment brings new text that nobody can read any more (SHLD-3)."""
    if not tcb.app_gone or not segment.payload:
        return False
    end = seq.add(segment.seq, len(segment.payload))
    return seq.after(end, tcb.rcv_nxt)


def after_peers_fin(tcb: Tcb, segment: Segment) -> Disposition:
    """Sixth to eighth check once the peer's FIN is in: text and FIN are ignored.

    Whatever occupies sequence space beyond the FIN is answered with the current numbers.
    """
    return ACKNOWLEDGE if segment.length and tcb.fin_received else DROP
