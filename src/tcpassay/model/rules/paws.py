"""RFC 7323, 5.3: protection against wrapped sequence numbers, and TS.Recent (R1 to R3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Branch, acknowledge
from tcpassay.model.tcb import HALF, offset
from tcpassay.wire import ACK, RST, SYN, Timestamps

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def timestamps(segment: Segment) -> Timestamps | None:
    """The Timestamps option of a segment."""
    for option in segment.options:
        if isinstance(option, Timestamps):
            return option
    return None


def paws(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """R1: a timestamp from before TS.Recent is answered by an ACK; a missing one is dropped."""
    going = Branch(tcb, SILENCE, "", final=False)
    if tcb.ts_recent is None or segment.flags & RST:
        return (going,)
    stamps = timestamps(segment)
    if stamps is None:
        if segment.flags & SYN:
            return (going,)
        clause = "RFC7323:3.2-MISSING-DROP"
        taken = going._replace(clause=clause, label="variant", variant="RFC 1323")
        return (Branch(tcb, SILENCE, clause), taken)
    by = offset(stamps.tsval, tcb.ts_recent)
    old = Branch(tcb, acknowledge(tcb), "RFC7323:5.3-R1")
    if by == -HALF:
        # "s < t if 0 < (t - s) < 2^31" (5.2): half the circle away nothing is old, or both are.
        return (going, old._replace(label="optional"))
    return (old,) if by < 0 else (going,)


def recent(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """R3: TS.Recent from a segment that begins at or before Last.ACK.sent."""
    stamps = timestamps(segment) if tcb.ts_recent is not None else None
    going = Branch(tcb, SILENCE, "", final=False)
    if stamps is None or offset(segment.seq, tcb.last_ack) > 0:
        return (going,)
    by = offset(stamps.tsval, tcb.ts_recent or 0)
    if -HALF < by <= 0:
        return (going,)
    noted = going._replace(tcb=tcb._replace(ts_recent=stamps.tsval))
    # A SYN is taken no further than to the fourth check, and a bad ACK to the fifth: the timestamp
    # may go with it.
    least = 1 if tcb.state == "SYN-RECEIVED" else -tcb.max_snd_wnd
    taken = segment.flags & (SYN | RST | ACK) == ACK and offset(segment.ack, tcb.snd_una) >= least
    # In TIME-WAIT nothing has to be noted any more: there is only the peer's FIN to come again.
    taken = taken and offset(segment.ack, tcb.iss) > 0 and tcb.state != "TIME-WAIT"
    if taken and offset(segment.ack, tcb.snd_nxt) <= 0 and by > 0:
        return (noted,)
    return (noted, going._replace(label="optional"))
