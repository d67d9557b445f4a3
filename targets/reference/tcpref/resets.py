"""Resets (RFC 9293, 3.5.2 and 3.10.7.1)."""

from __future__ import annotations

from tcpref import seq, timestamps
from tcpref.ip_choices import dress
from tcpref.options import build_timestamps
from tcpref.segment import ACK, RST, Segment, build_segment
from tcpref.tcb import Tcb


def reset_numbers(segment: Segment) -> tuple[int, int, int]:
    """SEQ, ACK and control bits of the reset that answers a segment.

    With an ACK the peer has told the number it will believe; without one the reset must
    acknowledge what came.
    """
    if segment.flags & ACK:
        return segment.ack, 0, RST
    return 0, seq.add(segment.seq, segment.length), RST | ACK


def reset_for(segment: Segment, *, stamped: bool = False) -> bytes:
    """The datagram that answers `segment` with a reset.

    `stamped` echoes the segment's timestamp, if it has one, with a TSval of 0 (RFC 7323, 5.2).
    """
    number, ack, flags = reset_numbers(segment)
    tsval = segment.options.tsval if stamped else None
    return build_segment(
        segment.dst,
        segment.src,
        segment.dst_port,
        segment.src_port,
        seq=number,
        ack=ack,
        flags=flags,
        wnd=0,
        options=b"" if tsval is None else build_timestamps(0, tsval),
    )


def abort_of(tcb: Tcb, now: int) -> bytes:
    """The reset of an ABORT call: <SEQ=SND.NXT><CTL=RST> (RFC 9293, 3.10.5)."""
    local, local_port, remote, remote_port = tcb.key
    datagram = build_segment(
        local,
        remote,
        local_port,
        remote_port,
        seq=tcb.bare_seq,
        ack=0,
        flags=RST,
        wnd=0,
        options=timestamps.option(tcb, RST, now) if tcb.timestamps else b"",
    )
    return dress(datagram, tcb.ip)
