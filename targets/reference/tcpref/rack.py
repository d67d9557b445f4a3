"""RACK: what was sent before something that has arrived is lost, once time enough has passed
(RFC 8985, 6).

Each segment that is outstanding has a record of when it went and of what is known of it; octets are
a matter of the scoreboard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import seq, timestamps
from tcpref.scoreboard import DUP_THRESH
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpref.scoreboard import Block
    from tcpref.tcb import Tcb

#: No round trip has been measured.
UNKNOWN = 1 << 62
#: No reordering window is smaller (ns): a path of less than that has no reordering to wait for, and
#: three ACKs that come at one moment are still counted one by one.
GRANULARITY = 1_000_000
#: So many recoveries without a D-SACK bring the window back to its first size (6.2, step 4).
PERSISTENCE = 16


class Sent:
    """A segment that went out at the moment `at`: up to `end`, from where the one before it ends.

    `order` counts what has been sent: it tells which of two went first, where the RFC compares
    times, and numbers for what went at one moment. `again`: not for the first time
    (Segment.retransmitted). `here`: all of it has been reported. `lost`: it has to go again.
    """

    __slots__ = ("again", "at", "end", "here", "lost", "order")

    def __init__(
        self, end: int, at: int, order: int, *, again: bool = False, lost: bool = False
    ) -> None:
        self.end = end
        self.at = at
        self.order = order
        self.again = again
        self.here = False
        self.lost = lost


class Found(NamedTuple):
    """What a search has marked as lost: anything, and when the latest of it that had gone again
    was sent; None where nothing had.
    """

    lost: bool
    resent_at: int | None


class Rack:
    """One connection's variables of RFC 8985, 5.3, with times in nanoseconds.

    `flight`: all that is outstanding, in order. `last`: where the last segment of new text begins.
    `count`: of all that was sent; `newest`: which was sent last of what has arrived, for
    RACK.xmit_ts and RACK.end_seq; `rtt`: the latest round trip. `sampled`: whether one has been
    measured since the last loss probe.
    """

    __slots__ = (
        "count",
        "dsack_round",
        "flight",
        "last",
        "min_rtt",
        "multiplier",
        "newest",
        "persist",
        "reordered",
        "rtt",
        "sampled",
        "timer",
    )

    def __init__(self, tcb: Tcb) -> None:
        self.flight: list[Sent] = []
        self.count = self.newest = 0
        self.last = tcb.snd_una
        self.rtt = 0
        self.min_rtt = UNKNOWN
        self.reordered = False
        self.dsack_round: int | None = None
        self.multiplier = 1
        self.persist = 0
        self.sampled = True
        self.timer = Timer(TimerKind.REORDERING, tcb)


def start(tcb: Tcb) -> None:
    """The handshake is over: with SACK agreed upon, losses are found by time (4)."""
    if tcb.sack and tcb.settings.rack:
        tcb.rack = Rack(tcb)
        if tcb.rto.srtt is not None:
            tcb.rack.min_rtt = tcb.rto.srtt
        if tcb.snd_una != tcb.snd_nxt:
            transmitted(tcb, tcb.rack, tcb.snd_una, tcb.sent_at)


# 6.1: upon transmitting.
def transmitted(tcb: Tcb, rack: Rack, number: int, now: int) -> None:
    """A segment of new text has gone out, from `number` to SND.NXT."""
    rack.last = number
    rack.count += 1
    rack.flight.append(Sent(tcb.snd_nxt, now, rack.count))


def retransmitted(tcb: Tcb, rack: Rack, number: int, end: int, now: int) -> None:
    """What lies between these numbers has gone out once more, as one segment."""
    split(tcb, rack, number)
    split(tcb, rack, end)
    flight, first = rack.flight, tcb.snd_una
    inside = []
    for place, sent in enumerate(flight):
        if not seq.before(first, number) and not seq.after(sent.end, end):
            inside.append(place)
        first = sent.end
    if inside:
        rack.count += 1
        flight[inside[0] : inside[-1] + 1] = [Sent(end, now, rack.count, again=True)]


def split(tcb: Tcb, rack: Rack, number: int) -> None:
    """Let a segment end at `number`, where one goes across it."""
    first = tcb.snd_una
    for place, sent in enumerate(rack.flight):
        if seq.before(first, number) and seq.before(number, sent.end):
            before = Sent(number, sent.at, sent.order, again=sent.again, lost=sent.lost)
            before.here = sent.here
            rack.flight.insert(place, before)
            return
        first = sent.end


# 6.2, steps 1 to 3: upon receiving an ACK.
def acknowledged(tcb: Tcb, rack: Rack, ack: int, echo: int | None, now: int) -> None:
    """An ACK covers what lies below `ack`; SND.UNA has not moved yet, nor the scoreboard.

    `echo`: TSecr, where timestamps are in use.
    """
    flight, highest = rack.flight, tcb.scoreboard.highest(tcb.snd_una)
    newest = None
    while flight and not seq.after(flight[0].end, ack):
        sent = flight.pop(0)
        if sent.here:
            continue
        note_order(rack, sent, highest)
        if sent.again:
            arrived(tcb, rack, sent, echo, now)
        else:
            newest = sent
    if newest is not None:
        arrived(tcb, rack, newest, echo, now)


def reported(
    tcb: Tcb, rack: Rack, news: Sequence[Block], highest: int, echo: int | None, now: int
) -> None:
    """The scoreboard tells of `news` from now on; so far it ended at `highest`."""
    board, first = tcb.scoreboard, tcb.snd_una
    for sent in rack.flight:
        start, first = first, sent.end
        if sent.here or not any(
            seq.before(left, first) and seq.after(right, start) for left, right in news
        ):
            continue
        if not board.missing(start, first):
            sent.here, sent.lost = True, False
            note_order(rack, sent, highest)
            arrived(tcb, rack, sent, echo, now)


def note_order(rack: Rack, sent: Sent, highest: int) -> None:
    """Step 3: what has gone once, and arrives after what was sent behind it, was overtaken."""
    if not sent.again and seq.before(sent.end, highest):
        rack.reordered = True


def arrived(tcb: Tcb, rack: Rack, sent: Sent, echo: int | None, now: int) -> None:
    """Steps 1 and 2: a segment has arrived: the round trip, and whether it was sent last of all.
    Of what went twice it must be sure which one it was.
    """
    rtt = now - sent.at
    if not sent.again:
        rack.sampled = True
        rack.min_rtt = min(rack.min_rtt, rtt)
    elif rtt < rack.min_rtt or old_echo(tcb, sent, echo):
        return
    rack.rtt = rtt
    rack.newest = max(rack.newest, sent.order)


def old_echo(tcb: Tcb, sent: Sent, echo: int | None) -> bool:
    """Whether the peer echoes a timestamp from before a segment went again."""
    return echo is not None and seq.before(echo, timestamps.clock(tcb, sent.at))


# 6.2, step 4: the reordering window.
def duplicate_reported(tcb: Tcb, rack: Rack) -> None:
    """A D-SACK: something went again that need not. Once a round trip the window grows for it."""
    if rack.dsack_round is not None and not seq.before(tcb.snd_una, rack.dsack_round):
        rack.dsack_round = None
    if rack.dsack_round is None:
        rack.dsack_round = tcb.snd_nxt
        rack.multiplier += 1
        rack.persist = PERSISTENCE


def recovered(rack: Rack) -> None:
    """A recovery is over: without D-SACKs the window comes back."""
    rack.persist -= 1
    if rack.persist <= 0:
        rack.multiplier = 1


def reordering_window(tcb: Tcb, rack: Rack) -> int:
    """How much later than something sent after it a segment may arrive (ns), up to SRTT.

    As long as nothing has ever been overtaken three reported segments are enough, and in recovery
    one is.
    """
    if not rack.reordered and (tcb.recovery is not None or enough_reported(tcb)):
        return 0
    bound = tcb.rto.srtt or 0
    return max(GRANULARITY, min(rack.multiplier * rack.min_rtt // 4, bound))


def enough_reported(tcb: Tcb) -> bool:
    """RACK.segs_sacked >= DupThresh. Segments are told apart by their octets, by the gaps between
    them and by the ACKs that report them.
    """
    una = tcb.snd_una
    return tcb.dup_acks >= DUP_THRESH or tcb.scoreboard.lost_below(una, tcb.snd_mss) != una


# 6.2, step 5.
def detect(tcb: Tcb, rack: Rack, now: int) -> tuple[Found, int]:
    """Mark what is lost. And in how many nanoseconds more of it may be; 0 for not at all."""
    if not rack.newest or (not tcb.scoreboard.blocks and tcb.recovery is None):
        return Found(lost=False, resent_at=None), 0
    wait = 0
    window = rack.rtt + reordering_window(tcb, rack)
    found, resent_at = False, None
    for sent in rack.flight:
        if sent.lost or sent.here or not sent_before(rack, sent):
            continue
        remaining = sent.at + window - now
        if remaining > 0:
            wait = max(wait, remaining)
            continue
        sent.lost = found = True
        if sent.again and (resent_at is None or sent.at > resent_at):
            resent_at = sent.at
    return Found(found, resent_at), wait


def sent_before(rack: Rack, sent: Sent) -> bool:
    """RACK_sent_after(): whether a segment went out before the last that has arrived."""
    return sent.order < rack.newest


def timed_out(tcb: Tcb, rack: Rack, now: int) -> None:
    """6.3: the front is lost, and of the rest what has been under way for a round trip and the
    reordering window. Its reports are forgotten with those of the scoreboard.
    """
    window = rack.rtt + reordering_window(tcb, rack)
    for place, sent in enumerate(rack.flight):
        sent.here = False
        sent.lost = not place or sent.at + window <= now
    rack.timer.stop()


def lose_all(rack: Rack) -> None:
    """Nothing that is outstanding can have arrived."""
    for sent in rack.flight:
        sent.lost = True
    rack.timer.stop()


def lost_octets(tcb: Tcb, rack: Rack) -> int:
    """Octets that are lost and have not gone again."""
    first, total = tcb.snd_una, 0
    for sent in rack.flight:
        if sent.lost:
            total += tcb.scoreboard.missing(first, sent.end)
        first = sent.end
    return total


def first_lost(tcb: Tcb, rack: Rack) -> Block | None:
    """The first numbers that are lost and have not gone again; None where none are."""
    first, start = tcb.snd_una, None
    for sent in rack.flight:
        if start is not None and not sent.lost:
            break
        if start is None and sent.lost:
            start = first
        first = sent.end
    return None if start is None else tcb.scoreboard.hole(start, first)
