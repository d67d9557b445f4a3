"""The receiver's side of SACK: which blocks an ACK reports (RFC 2018, 3 and 4; RFC 2883, 4).

The first block holds the segment that has just come, the others repeat what was reported most
recently. In front of them, once, stands the part of that segment which had come before (D-SACK).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.options import SACK_OCTETS, build_sack
from tcpref.segment import SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpref.scoreboard import Block
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb

#: Octets that a header has for options.
OPTION_SPACE = 40


class Report:
    """What the next ACK of a connection reports. There is one only while there is something.

    `held`: the blocks in the queue, the one last touched first. `newest`: the segment that has
    just come, where the queue had no room for it. `duplicate`: what of it had come before.
    """

    __slots__ = ("duplicate", "held", "newest")

    def __init__(self) -> None:
        self.held: list[Block] = []
        self.newest: Block | None = None
        self.duplicate: Block | None = None

    def blocks(self) -> list[Block]:
        """All that is to be told, the most urgent first."""
        told = self.held
        if self.newest is not None:
            told = [self.newest, *told]
        return told if self.duplicate is None else [self.duplicate, *told]


def text_of(segment: Segment) -> Block:
    """The numbers of a segment's text; SYN and FIN left out."""
    start = seq.add(segment.seq, 1) if segment.flags & SYN else segment.seq
    return start, seq.add(start, len(segment.payload))


def note_duplicate(tcb: Tcb, segment: Segment) -> None:
    """Before its text is taken: the first part of a segment that had come before (RFC 2883, 4).

    That is what lies below RCV.NXT, or else what the first block that it overlaps holds already.
    """
    if not segment.payload or not tcb.settings.dsack:
        return
    start, end = text_of(segment)
    duplicate: Block | None = None
    if seq.before(start, tcb.rcv_nxt):
        duplicate = start, earlier(end, tcb.rcv_nxt)
    else:
        for left, right in tcb.reassembly.spans():
            if seq.before(left, end) and seq.before(start, right):
                duplicate = (left if seq.after(left, start) else start), earlier(end, right)
                break
    if duplicate is not None:
        report_of(tcb).duplicate = duplicate


def note_text(tcb: Tcb, segment: Segment) -> None:
    """After its text has been taken: what the queue holds now, this segment's block first.

    A segment for which the queue had no room is reported all the same, once (RFC 2018, 8).
    """
    spans = tcb.reassembly.spans()
    report = tcb.sack_report
    if not spans and report is None:
        return
    report = report_of(tcb)
    start, end = text_of(segment)
    if seq.before(start, tcb.rcv_nxt):
        start = tcb.rcv_nxt
    touched = [span for span in spans if seq.within(start, span[0], size_of(span))]
    discarded = not touched and seq.before(start, end) and in_window(tcb, start, end)
    report.newest = (start, end) if discarded else None
    for left, _ in report.held:
        for span in spans:
            if span not in touched and seq.within(left, span[0], size_of(span)):
                touched.append(span)
    report.held = touched
    if not touched and report.newest is None and report.duplicate is None:
        tcb.sack_report = None


def in_window(tcb: Tcb, start: int, end: int) -> bool:
    """Whether the text of a segment lies in the receive window, so that it could have been kept."""
    return start != tcb.rcv_nxt and not seq.after(end, tcb.rcv_edge)


def size_of(block: Block) -> int:
    """Octets of a block."""
    return seq.distance(block[1], block[0])


def earlier(number: int, other: int) -> int:
    """The one of two sequence numbers that comes before the other."""
    return number if seq.before(number, other) else other


def report_of(tcb: Tcb) -> Report:
    """The connection's report, made when there is something to tell."""
    if tcb.sack_report is None:
        tcb.sack_report = Report()
    return tcb.sack_report


def forget_once(tcb: Tcb) -> None:
    """What is told once has been told, or can not be: its segment is no longer the newest."""
    report = tcb.sack_report
    if report is not None:
        report.duplicate = report.newest = None
        if not report.held or not tcb.reassembly:
            tcb.sack_report = None


def octets(tcb: Tcb, taken: int) -> int:
    """Octets of the option beside `taken` octets of others; 0 where there is no report."""
    told = fitting(tcb, taken)
    return SACK_OCTETS + 8 * len(told) if told else 0


def fitting(tcb: Tcb, taken: int) -> list[Block]:
    """As many blocks as the header has room for: four, or three beside timestamps."""
    report = tcb.sack_report
    if report is None:
        return []
    if report.held and not tcb.reassembly:  # The peer's FIN has come: nothing waits any more.
        report.held = []
    return report.blocks()[: (OPTION_SPACE - taken - SACK_OCTETS) // 8]


def is_duplicate_report(told: Sequence[Block], ack: int) -> bool:
    """Whether an option that has come tells of a duplicate: its first block lies below the ACK, or
    within the second (RFC 2883, 4 and 5).
    """
    if not told:
        return False
    left, right = told[0]
    if not seq.after(right, ack):
        return True
    return len(told) > 1 and not (seq.before(left, told[1][0]) or seq.after(right, told[1][1]))


def option(tcb: Tcb, taken: int) -> bytes:
    """The option of an ACK that goes out now, beside `taken` octets of others."""
    told = fitting(tcb, taken)
    forget_once(tcb)
    return build_sack(told) if told else b""
