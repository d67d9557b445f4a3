"""Timestamps: round trips, and protection against wrapped numbers (RFC 7323, 3 to 5).

TSval is a clock of milliseconds plus a number that only this stack can compute for a pair of
ends. So it goes on from one connection of the pair to the next, as PAWS and RFC 6191 want, and
tells nobody how long the host has been up (7.1).
"""

from __future__ import annotations

from tcpref import isn, seq
from tcpref.disposition import DROP, Disposition, repeat_or_challenge
from tcpref.options import build_timestamps
from tcpref.segment import ACK, RST, SYN, Segment
from tcpref.tcb import MILLISECOND, Key, State, Tcb

#: TS.Recent means nothing once the clock may have gone half round (5.5), in nanoseconds.
OUTDATED = 24 * 86_400 * 1_000_000_000
SYN_SENT = State.SYN_SENT


def offset(secret: bytes, key: Key) -> int:
    """Where the clock of a pair of ends stands at time 0."""
    return isn.offset(secret, key, b"timestamps")


def clock(tcb: Tcb, now: int) -> int:
    """The timestamp clock of a connection: one tick a millisecond (5.4)."""
    return (now // MILLISECOND + tcb.ts_offset) & seq.MASK


def clock_of(secret: bytes, key: Key, now: int) -> int:
    """The same for a pair of ends without a connection, as one would start."""
    return (now // MILLISECOND + offset(secret, key)) & seq.MASK


def option(tcb: Tcb, flags: int, now: int) -> bytes:
    """The option of a segment that goes out now; without ACK nothing is echoed (3.2)."""
    return build_timestamps(clock(tcb, now), tcb.ts_recent if flags & ACK else 0)


def check(tcb: Tcb, segment: Segment, now: int) -> Disposition | None:
    """PAWS, ahead of all other checks (5.3, R1); None lets the segment pass.

    A segment without the option is dropped in silence (3.2), but a reset counts whatever its
    timestamp is (5.2), and a SYN of a peer that has restarted is answered as any other SYN.
    """
    if segment.flags & RST or tcb.state is SYN_SENT:
        return None
    tsval = segment.options.tsval
    if tsval is None:
        return None if segment.flags & SYN else DROP
    if tsval != tcb.ts_recent and seq.before(tsval, tcb.ts_recent) and not outdated(tcb, now):
        return repeat_or_challenge(segment)
    return None


def outdated(tcb: Tcb, now: int) -> bool:
    """Whether TS.Recent was taken so long ago that it cannot be compared any more (5.5)."""
    return now - tcb.ts_recent_at > OUTDATED


def remember(tcb: Tcb, segment: Segment, now: int) -> None:
    """TS.Recent follows segments at or below Last.ACK.sent only (4.3; 5.3, R3).

    So a delayed ACK echoes the earliest segment that it covers, and an ACK that tells of a hole
    the last one in order.
    """
    tsval = segment.options.tsval
    if tsval is None or seq.after(segment.seq, tcb.last_ack_sent):
        return
    if not seq.before(tsval, tcb.ts_recent) or outdated(tcb, now):
        tcb.ts_recent = tsval
        tcb.ts_recent_at = now


def measure(tcb: Tcb, segment: Segment, now: int) -> None:
    """RTTM: an ACK of something new tells by its echo how long the round trip was (4.1).

    There may be a sample for every other segment of a window. Each then weighs so much less, that
    the average looks as far back as with one sample a window (4.2, appendix G).
    """
    if segment.options.tsval is None:
        return
    ticks = seq.distance(clock(tcb, now), segment.options.tsecr)
    if ticks >= 0:
        samples = -(-tcb.flight // (2 * tcb.snd_mss))
        tcb.rto.sample(ticks * MILLISECOND, max(1, samples))
