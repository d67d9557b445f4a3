"""Tail loss probes: the end of a flight, of which no ACK can tell, is asked for before the
retransmission timer does (RFC 8985, 7).

Two round trips after the last new text one segment goes: new text if there is some, else the last
segment again. Either its ACK covers all, or its SACK tells `rack` what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn, output, sack, seq
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpref.rack import Rack
    from tcpref.scoreboard import Block
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

#: No probe goes sooner (ns), however short the path is: an ACK is not late before.
SHORTEST = 10_000_000
MILLISECOND = 1_000_000


class TailLoss:
    """One connection's probe. `end`: SND.NXT when it went, until that is known to have arrived
    (TLP.end_seq); `start`: where it begins; `again`: whether it was no new text (TLP.is_retrans).
    """

    __slots__ = ("again", "end", "start", "timer")

    def __init__(self, tcb: Tcb) -> None:
        self.end: int | None = None
        self.start = 0
        self.again = False
        self.timer = Timer(TimerKind.LOSS_PROBE, tcb)


def start(tcb: Tcb) -> None:
    """The handshake is over. Probes need what `rack` makes of their answers (4)."""
    if tcb.rack is not None and tcb.settings.tail_loss_probe:
        tcb.tail_loss = TailLoss(tcb)


def schedule(stack: Stack, tcb: Tcb, probe: TailLoss) -> None:
    """7.2: something is outstanding. Not before the last probe has been answered and a round trip
    been measured since: it would not go then (7.3).
    """
    rack = tcb.rack
    if rack is None or probe.end is not None or not rack.sampled or not may_go(tcb):
        return
    at = stack.now + timeout(tcb, rack)
    last = tcb.retransmission.at
    stack.timers.start(probe.timer, at if last is None or at < last else last)


def may_go(tcb: Tcb) -> bool:
    """Whether a probe makes sense: something is outstanding, within the peer's window, and no loss
    is suspected or repaired (7.2).
    """
    looked_after = tcb.recovery is not None or tcb.scoreboard.blocks
    if looked_after or (tcb.ecn is not None and tcb.ecn.held):
        return False
    return tcb.rto.srtt is not None and tcb.flight > 0 and tcb.usable_window >= 0


def timeout(tcb: Tcb, rack: Rack) -> int:
    """TLP_calc_PTO() in nanoseconds. The ACK of a lone segment may be delayed."""
    wait = max(2 * (tcb.rto.srtt or 0), SHORTEST)
    if rack.last == tcb.snd_una:
        wait += tcb.settings.probe_ack_delay_ms * MILLISECOND
    return wait


def takes_turn(stack: Stack, tcb: Tcb) -> bool:
    """Where both are due at once the probe goes, and the retransmission timer starts anew."""
    probe = tcb.tail_loss
    if probe is None or probe.timer.at is None or probe.timer.at > stack.now or not may_go(tcb):
        return False
    expires(stack, tcb)
    return True


def expires(stack: Stack, tcb: Tcb) -> None:
    """7.3: send the probe, whatever cwnd is. The retransmission timer runs from now on."""
    probe, rack = tcb.tail_loss, tcb.rack
    if probe is None or rack is None:
        return
    probe.timer.stop()
    if not may_go(tcb):
        return
    probe.start, probe.again = tcb.snd_nxt, False
    if not send_new(stack, tcb):
        probe.start, probe.again = send_last(stack, tcb, rack), True
    probe.end = tcb.snd_nxt
    rack.sampled = False
    stack.timers.start(tcb.retransmission, stack.now + tcb.rto.rto)


def send_new(stack: Stack, tcb: Tcb) -> bool:
    """A segment of new text, where there is one for which the peer's window has room."""
    size = min(tcb.unsent, output.full_size(tcb))
    if not 0 < size <= tcb.usable_window:
        return False
    output.send_text(stack, tcb, size)
    return True


def send_last(stack: Stack, tcb: Tcb, rack: Rack) -> int:
    """The last segment again. Returns where it begins."""
    fin = tcb.fin_sent  # It takes a number, and no room.
    size = seq.distance(tcb.snd_nxt, rack.last)
    size = min(size, tcb.flight, output.full_size(tcb) + fin)
    start = seq.add(tcb.snd_nxt, -size)
    output.resend(stack, tcb, start, size)
    return start


# 7.4: detecting losses by the ACK of the probe.
def heard(tcb: Tcb, probe: TailLoss, segment: Segment) -> None:
    """TLP_process_ack(), before SND.UNA moves. If nothing tells that the last segment has arrived
    twice, the probe has repaired a loss, and that is a sign of congestion.
    """
    end, ack = probe.end, segment.ack
    if end is None or seq.before(ack, end):
        return
    told = segment.options.sack
    if not probe.again or is_answer(probe, told, ack):
        probe.end = None
    elif ack != end:
        probe.end = None
        if tcb.ecn is None or ecn.loss_is_news(tcb, tcb.ecn):
            tcb.congestion.lost(tcb)
    elif ack == tcb.snd_una and not segment.length and not told:
        probe.end = None  # A duplicate ACK: both have arrived.


def is_answer(probe: TailLoss, told: Sequence[Block], ack: int) -> bool:
    """Whether a D-SACK tells that what the probe repeats had arrived already."""
    if not sack.is_duplicate_report(told, ack):
        return False
    return not seq.before(told[0][0], probe.start) and told[0][1] == probe.end


def forget(tcb: Tcb) -> None:
    """7.1: a recovery begins, which looks after all that is outstanding."""
    probe = tcb.tail_loss
    if probe is not None:
        probe.timer.stop()
        probe.end = None
