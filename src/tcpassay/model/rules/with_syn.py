"""RFC 9293, 3.10.7.2 and 3.10.7.3: "other controls or text" that come with a SYN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.tcb import MASK
from tcpassay.wire import FIN

if TYPE_CHECKING:
    from tcpassay.model.answers import Branch
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment, Timestamps


def numbered(tcb: Tcb, segment: Segment, stamps: Timestamps | None) -> Tcb:
    """The variables that the peer's SYN sets: IRS, RCV.NXT, the send window, TS.Recent."""
    return tcb._replace(
        irs=segment.seq,
        rcv_nxt=(segment.seq + 1) & MASK,
        snd_wnd=segment.window,
        max_snd_wnd=segment.window,
        snd_wl1=segment.seq,
        snd_wl2=segment.ack,
        ts_recent=stamps.tsval if stamps else None,
    )


def kept_or_left(opened: Branch, segment: Segment) -> tuple[Branch, ...]:
    """Text and FIN are kept until the handshake is over, or left to be sent again."""
    if not segment.payload and not segment.flags & FIN:
        return (opened,)
    start = opened.tcb.rcv_nxt
    end = (start + len(segment.payload)) & MASK
    kept = opened.tcb._replace(
        held=((start, end),) if segment.payload else (),
        fin=end if segment.flags & FIN else None,
    )
    return (opened._replace(tcb=kept), opened._replace(label="optional"))
