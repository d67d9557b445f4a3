"""What a segment of the target's means that the numbers allow: timers, windows, probes, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle.report import Violation
from tcpassay.model.rules.departure import Refusal, misreported
from tcpassay.model.rules.paws import timestamps
from tcpassay.model.rules.sack import blocks_of, never_came
from tcpassay.model.tcb import offset
from tcpassay.wire import ACK, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def sent(flow: Flow, before: Tcb, segment: Segment, now: int, n: int) -> None:
    """A segment that may be sent, with the variables `before` it."""
    transmission = flow.transmission
    if segment.flags & RST:
        if not flow.open:
            transmission.forget()
        return
    wrong = _window(flow, segment) or _reported(flow, segment)
    stamps = timestamps(segment) if segment.options else None
    if stamps is not None:
        transmission.stamps(stamps.tsval, now)
    if not segment.seg_len or is_keepalive(before, segment):
        transmission.probes()
        wrong = wrong or _keepalive(flow, before, segment, now)
    elif not (flow.icmp or flow.queue_may_be_full or flow.opaque):
        wrong = wrong or _pushed(flow, segment)
        wrong = transmission.leaves(before, segment, now) or wrong
    else:
        transmission.leaves_unjudged(segment, now)
    if wrong is not None:
        flow.refused(wrong, n)


def hold_text(flow: Flow, tcb: Tcb, segment: Segment, n: int) -> None:
    """Text is what the application has given, at its place."""
    if not segment.payload:
        return
    at = offset(segment.seq, tcb.iss) - 1 + bool(segment.flags & SYN)
    keep_alive = len(segment.payload) == 1 and offset(segment.seq, tcb.snd_nxt) == -1
    if not keep_alive and flow.given.differs(at, segment.payload):
        why = "octets that differ from what the application has sent"
        flow.violated(Violation(n, "RFC9293:3.4-WRAP", why, "the octets of send()"))


def _window(flow: Flow, segment: Segment) -> Refusal | None:
    """3.8.6 (SHLD-14): the right edge does not go left, but for what scaling rounds."""
    new, old = (segment.ack + segment.window) & 0xFFFFFFFF, flow.edge
    if not segment.flags & ACK:
        return None
    if old is None or segment.flags & SYN or flow.peer_ended:
        # Behind the peer's FIN a window means nothing; a cookie remembers none (RFC 4987, 3.6).
        flow.edge = None if flow.cookies and segment.flags & SYN else new
        return None
    by = offset(old, new)
    if by <= 0:
        flow.edge = new
        return None
    scale = flow.stack_scale or 0
    if by < 1 << scale:
        return None
    if flow.peer_scale is None and segment.window + by < (segment.window + 1) << scale:
        flow.peer_scale, flow.edge = 0, new + (segment.window << scale) - segment.window
        why = f"a window of {segment.window} that is scaled by {scale}, and the SYN had no scale"
        return Refusal("RFC7323:2.2-NEGOTIATE", why, f"a window of {segment.window + by}")
    flow.edge = new
    why = f"the right edge of the window goes back by {by}"
    if not segment.window:
        why += ", to a window of zero"
    return Refusal("RFC9293:SHLD-14", why, f"a window of {segment.window + by}")


def _reported(flow: Flow, segment: Segment) -> Refusal | None:
    """RFC 2018, 4 and RFC 2883, 4: blocks by all that has come; what a false one tells counts."""
    wrong = never_came(blocks_of(segment.options), flow.came)
    if wrong is None:
        return None
    flow.came.append(wrong.block)
    return misreported(wrong, segment.ack)


def is_keepalive(tcb: Tcb, segment: Segment) -> bool:
    """Whether a segment is below SND.NXT, where nothing is in flight (3.8.4)."""
    return (
        len(segment.payload) < 2
        and offset(segment.seq, tcb.snd_nxt) == -1
        and not (segment.flags & (FIN | SYN) or tcb.snd_una != tcb.snd_nxt)
    )


def _keepalive(flow: Flow, tcb: Tcb, segment: Segment, now: int) -> Refusal | None:
    """3.8.4: a probe below SND.NXT is for connections that asked for it, and are idle."""
    if (
        any(not h.tcb.snd_wnd for h in flow.hypotheses)
        or tcb.fin_sent
        or not is_keepalive(tcb, segment)
    ):
        return None
    if flow.keepalive is None:
        return Refusal("RFC9293:MUST-25", "a keep-alive that nobody has asked for", "silence")
    idle = now - flow.moved
    if flow.limits.timed and idle < flow.keepalive - flow.limits.slack:
        why = f"a keep-alive {idle / NS_PER_S:g} s after the peer's last segment"
        return Refusal("RFC9293:MUST-26", why, f"after {flow.keepalive / NS_PER_S:g} s")
    return None


def _pushed(flow: Flow, segment: Segment) -> Refusal | None:
    """MUST-61: the last text that the application has given carries PSH."""
    if segment.flags & (PSH | FIN | SYN) or flow.pushed_later:
        return None
    end = offset(segment.seq, flow.hypotheses[0].tcb.iss) - 1 + len(segment.payload)
    if flow.given.loose or end != flow.sender.octets:
        return None
    return Refusal("RFC9293:MUST-61", "the last of the queued text without PSH", "PSH")
