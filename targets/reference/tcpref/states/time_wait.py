"""SEGMENT ARRIVES in TIME-WAIT (RFC 9293, 3.10.7.4), and what may end the wait early."""

from __future__ import annotations

from tcpref import seq
from tcpref.disposition import ACKNOWLEDGE, CLOSE_QUIETLY, DROP, Disposition
from tcpref.segment import ACK, FIN, RST, SYN, Segment
from tcpref.states import steps
from tcpref.tcb import State, Tcb

RESTART = ACKNOWLEDGE._replace(enter=State.TIME_WAIT)


def segment_arrives(tcb: Tcb, segment: Segment, now: int) -> Disposition:
    """Old segments die out; a FIN that comes again means that our last ACK was lost.

    Entering TIME-WAIT once more starts the wait of 2 MSL anew. A repeated FIN lies left of the
    window, so it is looked for before the sequence check would drop it.
    """
    if repeats_fin(tcb, segment):
        return RESTART
    if segment.flags & RST and tcb.settings.time_wait_ignores_rst:
        return DROP  # Fix F1 of RFC 1337, section 3.
    # First to fourth: sequence number, RST, security, SYN. Fifth: the ACK field.
    ended = steps.first_checks(tcb, segment, CLOSE_QUIETLY) or steps.check_ack(tcb, segment, now)
    # Sixth to eighth: nothing can follow a FIN.
    return ended if ended is not None else steps.after_peers_fin(tcb, segment)


def repeats_fin(tcb: Tcb, segment: Segment) -> bool:
    """The FIN that brought us here, with or without the text before it."""
    if segment.flags & (FIN | ACK | SYN | RST) != FIN | ACK:
        return False
    return seq.add(segment.seq, segment.length) == tcb.rcv_nxt


def reopens(tcb: Tcb, segment: Segment) -> bool:
    """Whether a SYN may open the connection again (RFC 9293, 3.6.1), by the rules in force.

    By "timestamps" (RFC 6191, SHLD-4) its timestamp decides, and its number where that tells
    nothing; by "sequence" (MAY-2) its number alone; by "never" none opens it.
    """
    if segment.flags & (SYN | ACK | RST | FIN) != SYN:
        return False
    rules = tcb.settings.time_wait_reuse
    told = told_by_timestamp(tcb, segment) if rules == "timestamps" else None
    if told is not None:
        return told
    return rules != "never" and seq.after(segment.seq, tcb.rcv_nxt)


def told_by_timestamp(tcb: Tcb, segment: Segment) -> bool | None:
    """Whether the timestamp of a SYN lets it open the connection again (RFC 6191, section 2).

    None where the sequence number has to decide: there is no timestamp, or the last one again. A
    timestamp on the SYN only is taken as news too, as the old connection had none to wrap.
    """
    tsval = segment.options.tsval
    if tsval is None or not tcb.settings.timestamps:
        return None
    if not tcb.timestamps:
        return True
    return None if tsval == tcb.ts_recent else seq.after(tsval, tcb.ts_recent)
