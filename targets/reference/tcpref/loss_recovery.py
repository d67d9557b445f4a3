"""Fast recovery: what goes again when acknowledgements, not a timer, tell of a loss.

Three ways lead through a loss, and one connection is on at most one of them:

- NEW_RENO (RFC 6582): without SACK. The third duplicate ACK sends the front of the queue again,
  each partial ACK the next hole.
- SACK (RFC 6675): the scoreboard tells what is missing, and how much is still under way (`pipe`).
- TIMEOUT (RFC 5681, 3.1): after the retransmission timer. All that was outstanding counts as lost
  and goes again in slow start, but for what the peer reports anew (RFC 6675, 5.1). So it does when
  it was too big for its path, without slow start.

All of them are put as one number, `tcb.left_network`: octets of the flight that do not count
against cwnd any more, since they have arrived or are lost. RFC 5681 adds them to cwnd ("inflates"
it) and takes them off at the end; here cwnd stays what it is. New text may go while
cwnd + left_network - flight has room for it: Limited Transmit (RFC 3042) is a matter of that too.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from tcpref import ecn, output, seq
from tcpref.scoreboard import DUP_THRESH, NOTHING_REPORTED

if TYPE_CHECKING:
    from tcpref.scoreboard import Block
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb


class Way(Enum):
    """How a loss was found, and so how it is repaired."""

    NEW_RENO = "newreno"
    SACK = "sack"
    TIMEOUT = "timeout"


class Recovery:
    """One way through a loss. It ends when all up to `point` is acknowledged (RecoveryPoint).

    `high_rxt` is one past the highest number sent again in order (HighRxt). `rescued` is one past
    the highest number after which the rescue retransmission may go (RescueRxt).
    `again` are the blocks sent again, each with what SND.NXT was then; `cut` is what it was when
    cwnd was lowered last.
    """

    __slots__ = ("again", "cut", "high_rxt", "point", "rescued", "way")

    def __init__(self, way: Way, una: int, point: int) -> None:
        self.way = way
        self.point = point
        self.high_rxt = una
        self.rescued = una
        self.again: list[tuple[Block, int]] = []
        self.cut = point

    @property
    def fast(self) -> bool:
        """Whether cwnd is kept still until the end: no timer has found this loss."""
        return self.way is not TIMEOUT


NEW_RENO, SACK, TIMEOUT = Way.NEW_RENO, Way.SACK, Way.TIMEOUT


def ack_arrived(stack: Stack, tcb: Tcb, acked: int) -> None:
    """After an ACK that is a duplicate, or that comes while a loss is suspected or repaired.

    `acked`: the sequence numbers that it has acknowledged for the first time.
    """
    duplicate, tcb.duplicate = tcb.duplicate, False
    if tcb.scoreboard.blocks and acked:
        tcb.scoreboard.acknowledge(tcb.snd_una)
    recovery = tcb.recovery
    if recovery is not None and not seq.before(tcb.snd_una, recovery.point):
        finish(tcb, recovery)
        recovery = None
    if recovery is None:
        if duplicate and loss_detected(tcb):
            begin(stack, tcb)
        else:
            count_out(tcb)
    elif recovery.way is NEW_RENO:
        new_reno(stack, tcb, acked, duplicate=duplicate)
    else:
        count_out(tcb)
        if tcb.sack and tcb.settings.lost_retransmissions:
            send_lost_again(stack, tcb, recovery)
    told = tcb.dup_acks > 0 or tcb.left_network > 0 or bool(tcb.scoreboard.blocks)
    tcb.suspicious = told or tcb.recovery is not None


def loss_detected(tcb: Tcb) -> bool:
    """Whether this duplicate ACK starts fast recovery.

    With SACK the third does, or one that makes the front of the queue count as lost (RFC 6675, 5).
    Without, duplicates that what was sent again before has drawn must not: so SND.UNA has to lie
    beyond `recover` (RFC 6582, 3.2, step 1).
    """
    if tcb.snd_una == tcb.snd_nxt or not tcb.snd_wnd:
        return False
    if tcb.sack:
        lost = tcb.scoreboard.lost_below(tcb.snd_una, tcb.snd_mss) != tcb.snd_una
        return tcb.dup_acks >= DUP_THRESH or lost
    return tcb.dup_acks == DUP_THRESH and seq.after(tcb.snd_una, tcb.recover)


def begin(stack: Stack, tcb: Tcb) -> None:
    """Fast retransmit: the front of the queue goes again, whatever cwnd is (RFC 6675, 5; 4.3)."""
    if tcb.ecn is None or ecn.loss_is_news(tcb, tcb.ecn):
        tcb.congestion.lost(tcb)
    tcb.recover = tcb.snd_nxt
    tcb.recovery = recovery = Recovery(SACK if tcb.sack else NEW_RENO, tcb.snd_una, tcb.snd_nxt)
    tcb.retransmission.stop()  # A full RTO passes before this one goes again.
    end = resend_hole(stack, tcb, tcb.scoreboard.hole(tcb.snd_una, tcb.snd_nxt))
    recovery.high_rxt = recovery.rescued = end
    count_out(tcb)


def timed_out(stack: Stack, tcb: Tcb) -> None:
    """The retransmission timer: the front goes again, reported or not; all else is slow start.

    What was reported is forgotten, as the peer may have thrown it away (RFC 2018, 8).
    """
    tcb.congestion.timed_out(tcb)
    if tcb.ecn is not None:
        ecn.window_reduced(tcb, tcb.ecn)
    tcb.scoreboard = NOTHING_REPORTED
    tcb.dup_acks = 0
    tcb.recover = tcb.snd_nxt
    tcb.recovery = recovery = Recovery(TIMEOUT, tcb.snd_una, tcb.snd_nxt)
    tcb.suspicious = True
    recovery.high_rxt = resend_hole(stack, tcb, (tcb.snd_una, tcb.snd_nxt))
    count_out(tcb)


def too_big(stack: Stack, tcb: Tcb) -> None:
    """What was outstanding does not fit its path (`pmtu`): one segment goes again now, the rest
    once an ACK comes. Nothing tells of congestion, so cwnd stays (RFC 1191, 6.4).
    """
    tcb.dup_acks = 0
    tcb.recover = tcb.snd_nxt
    tcb.recovery = recovery = Recovery(TIMEOUT, tcb.snd_una, tcb.snd_nxt)
    tcb.suspicious = True
    recovery.high_rxt = resend_hole(stack, tcb, tcb.scoreboard.hole(tcb.snd_una, tcb.snd_nxt))
    tcb.left_network = tcb.flight - tcb.congestion.cwnd


def finish(tcb: Tcb, recovery: Recovery) -> None:
    """All that was outstanding at the loss is acknowledged."""
    tcb.recovery = None
    if recovery.fast:
        tcb.congestion.recovered(tcb)


def new_reno(stack: Stack, tcb: Tcb, acked: int, *, duplicate: bool) -> None:
    """RFC 6582, 3.2, steps 2 and 3: a duplicate tells that a segment has left the network, a
    partial ACK shows the next hole and that what filled the last one has.
    """
    mss = tcb.snd_mss
    if duplicate:
        tcb.left_network += mss
    elif acked:
        back = mss if acked >= mss else 0
        left = max(0, tcb.left_network - acked + back)
        resend_hole(stack, tcb, (tcb.snd_una, tcb.snd_nxt))
        tcb.left_network = left


def count_out(tcb: Tcb) -> None:
    """Set `left_network`: FlightSize less what is still under way (SetPipe() of RFC 6675, 4).

    While a loss is only suspected, each duplicate stands for a segment that has arrived; the first
    two let one new segment out each (RFC 3042), with SACK what they report does.
    """
    recovery, una = tcb.recovery, tcb.snd_una
    board = tcb.scoreboard
    if recovery is not None and recovery.way is not NEW_RENO:
        recovery.high_rxt = later(recovery.high_rxt, una)
        pipe = board.missing(lost_below(tcb, recovery), tcb.snd_nxt)
        pipe += board.missing(una, recovery.high_rxt)
        tcb.left_network = tcb.flight - pipe
    elif recovery is not None:
        tcb.left_network = DUP_THRESH * tcb.snd_mss
    elif not tcb.settings.limited_transmit:
        tcb.left_network = 0
    elif tcb.sack:
        tcb.left_network = board.reported(una, tcb.snd_nxt)
    else:
        tcb.left_network = min(tcb.dup_acks, DUP_THRESH - 1) * tcb.snd_mss


def lost_below(tcb: Tcb, recovery: Recovery) -> int:
    """Below this number all counts as lost that has not been reported."""
    if recovery.way is TIMEOUT:
        return recovery.point
    return tcb.scoreboard.lost_below(tcb.snd_una, tcb.snd_mss)


def send_lost_again(stack: Stack, tcb: Tcb, recovery: Recovery) -> None:
    """What went again is lost once more where the peer reports what was sent long after it.

    No RFC says how to find that: here as IsLost() does, by more than two segments that were sent
    later for the first time. It is a second sign of congestion (RFC 5681, 4.3).
    """
    una, nxt, board = tcb.snd_una, tcb.snd_nxt, tcb.scoreboard
    sent, recovery.again = recovery.again, []
    for block, then in sent:
        start, end = later(block[0], una), block[1]
        if not board.missing(start, end):
            continue
        if board.reported(then, nxt) <= (DUP_THRESH - 1) * tcb.snd_mss:
            recovery.again.append((block, then))
            continue
        if not seq.before(then, recovery.cut):
            tcb.congestion.lost(tcb)
            recovery.cut = nxt
        resend_hole(stack, tcb, (start, end))


def later(number: int, other: int) -> int:
    """The one of two sequence numbers that comes after the other."""
    return number if seq.after(number, other) else other


# NextSeg() of RFC 6675, 4: rule 1 comes before new text (rule 2), rules 3 and 4 behind it.
def send_lost(stack: Stack, tcb: Tcb, recovery: Recovery) -> None:
    """Rule 1: what counts as lost goes again, in order, as far as cwnd allows."""
    if recovery.way is not NEW_RENO:
        fill(stack, tcb, recovery, lost_below(tcb, recovery))


def send_doubtful(stack: Stack, tcb: Tcb, recovery: Recovery) -> None:
    """Rules 3 and 4: where no new text may go, holes that do not count as lost yet; then, once, the
    end of the flight, about which no SACK can tell (the rescue retransmission).
    """
    if recovery.way is not SACK:
        return
    fill(stack, tcb, recovery, tcb.scoreboard.highest(tcb.snd_una))
    rescue = seq.after(tcb.snd_una, recovery.rescued)
    if rescue and has_room(tcb) and (tail := unreported_tail(tcb)) is not None:
        recovery.rescued = recovery.point
        resend_hole(stack, tcb, tail)


def fill(stack: Stack, tcb: Tcb, recovery: Recovery, end: int) -> None:
    """Send again what lies above HighRxt and below `end` and has not been reported."""
    while has_room(tcb):
        hole = tcb.scoreboard.hole(recovery.high_rxt, end)
        if hole is None:
            return
        sent = resend_hole(stack, tcb, hole)
        if sent == hole[0]:
            return
        recovery.high_rxt = sent


def has_room(tcb: Tcb) -> bool:
    """Whether cwnd - pipe is at least SMSS."""
    return tcb.congestion.cwnd + tcb.left_network - tcb.flight >= tcb.snd_mss


def unreported_tail(tcb: Tcb) -> Block | None:
    """The last segment's worth of octets that have not been reported."""
    blocks, una, end = tcb.scoreboard.blocks, tcb.snd_una, tcb.snd_nxt
    start = una
    for left, right in reversed(blocks):
        if right != end:
            start = right
            break
        end = left
    fin = tcb.fin_sent and end == tcb.snd_nxt  # It takes a number, and no room.
    size = min(seq.distance(end, start), tcb.snd_mss + fin)
    return (seq.add(end, -size), end) if size > 0 else None


def resend_hole(stack: Stack, tcb: Tcb, hole: Block | None) -> int:
    """Send again a segment from the start of `hole`, within the peer's window (SHLD-16).

    Returns one past the last number sent; the start where nothing could be.
    """
    if hole is None:
        return tcb.snd_una
    start, end = hole
    window = tcb.snd_wnd - seq.distance(start, tcb.snd_una)
    size = min(seq.distance(end, start), output.full_size(tcb), window)
    if size <= 0:
        return start
    sent = output.resend(stack, tcb, start, size)
    tcb.left_network -= seq.distance(sent, start)
    if tcb.sack and tcb.recovery is not None:
        tcb.recovery.again.append(((start, sent), tcb.snd_nxt))
    return sent
