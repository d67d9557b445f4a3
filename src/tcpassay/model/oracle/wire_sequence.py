"""The target's text, its places and its sizes in a capture: SEQ, window, FIN, put to the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import wire_suspects
from tcpassay.model.oracle.wire_begin import UNKNOWN_WINDOW
from tcpassay.model.oracle.wire_numbers import unwrapped
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.rules.departure import SMALLEST_MSS, Refusal, Sender, departs
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import MASK, offset
from tcpassay.wire import FIN

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_flow import WireFlow
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

#: What an application may do that nobody sees: anything.
ANYTHING = Sender(octets=1 << 40, least=0, ended=True, aborted=True)


def own_text(flow: WireFlow, segment: Segment, at: int, n: int, *, cut: bool) -> None:
    """The same octets at the same place, and no more of them than the peer takes."""
    _measure(flow, len(segment.payload), n)
    if cut:
        return
    if at >= flow.una - 1:
        flow.seen.count("RFC9293:3.4-WRAP")
    keep_alive = len(segment.payload) == 1 and at == flow.high - 1
    end = at + len(segment.payload)
    if at < flow.high:
        other = 0 if keep_alive else flow.text.differs(at, segment.payload)
        if other:
            why = f"octets that differ from those of packet {other} at the same place"
            flow.found(Finding(n, "RFC9293:3.4-WRAP", why, "the same octets", whole=False))
    if end > flow.high:
        new = segment.payload[max(0, flow.high - at) :]
        flow.text.append(n, end - len(new), new)


def _measure(flow: WireFlow, size: int, n: int) -> None:
    if not flow.peer.known:
        flow.seen.withhold("a segment's size: the peer's SYN is not in the capture")
        return
    mss = max(flow.peer.mss or flow.default_mss, SMALLEST_MSS)
    flow.seen.count("RFC9293:MUST-16")
    if size > mss:
        flow.oversize.append((n, size, mss))


def sequence(flow: WireFlow, tcb: Tcb, segment: Segment, at: int, n: int) -> None:
    """Put to the rules: SEQ, window, FIN. `at` is SEQ without the wrap."""
    wire_suspects.settle_gap(flow, segment, at)
    if at > flow.high and wire_suspects.behind_a_gap(flow, segment, at, n):
        return
    low = at < flow.high and not segment.seg_len
    if low and (segment.seq in flow.edges or not flow.exact or flow.seen.midway):
        return  # The edge of a window that shrank, or a segment that was overtaken.
    after = departs(_ready(flow, tcb, segment), segment, ANYTHING, 1 << 30)
    flow.seen.count(_clause_of(segment, flow.edge is None))
    if isinstance(after, Refusal):
        flow.refused(after, n, whole=True)
        flow.sent_up_to(at + segment.seg_len)
        return
    state = after.state
    if state == "LAST-ACK" and tcb.state == "CLOSE-WAIT" and not _fin_acked(flow, segment.ack):
        state = "CLOSING"
    end = flow.high = max(flow.high, unwrapped(after.snd_nxt, flow.high))
    if not flow.closed_by:
        flow.to(
            flow.tcb._replace(
                state=state,
                snd_nxt=end & MASK,
                fin_sent=after.fin_sent,
                rcv_wnd=_announced(flow.tcb, segment),
                last_ack=segment.ack,
            )
        )


def _ready(flow: WireFlow, tcb: Tcb, segment: Segment) -> Tcb:
    """The variables that suit a segment best, of those that may be true."""
    stamps = timestamps(segment)
    una = min(flow.una, flow.high)
    window = UNKNOWN_WINDOW if flow.edge is None else flow.edge - una
    return tcb._replace(
        snd_nxt=flow.high & MASK,
        snd_una=una & MASK,
        snd_wnd=max(0, window),
        rcv_nxt=segment.ack,
        ts_recent=stamps.tsecr if stamps else None,
    )


def _fin_acked(flow: WireFlow, ack: int) -> bool:
    if flow.fin_at is None or flow.received is None:
        return True
    return unwrapped(ack, flow.received.edge) > flow.fin_at


def _announced(tcb: Tcb, segment: Segment) -> int:
    """RCV.WND up to the farthest edge that was ever announced."""
    edge = (tcb.rcv_nxt + tcb.rcv_wnd) & MASK
    new = offset((segment.ack + segment.window) & MASK, edge)
    return max(0, tcb.rcv_wnd + max(0, new))


def _clause_of(segment: Segment, window_unknown: bool) -> str:
    """The rule that a segment without fault has been held against."""
    if segment.flags & FIN:
        return "RFC9293:3.10.2-SEND-CLOSING"
    if not segment.payload:
        return "RFC9293:3.5.2-GROUP3-EMPTY-ACK"
    return "RFC9293:3.10.2-SEND-CLOSING" if window_unknown else "RFC9293:3.8.6-SEND-IN-WINDOW"
