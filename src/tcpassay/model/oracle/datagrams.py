"""Segments in their datagrams: what a flow makes of both, and of what the network has added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import flow_arrivals
from tcpassay.model.oracle.network import CE, codepoint
from tcpassay.model.oracle.report import Violation
from tcpassay.model.tcb import offset
from tcpassay.wire import RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.wire import IPv4, IPv6, Segment

#: States in which the peer's text is taken, and those without a connection.
RECEIVING = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"})
NONE = frozenset({"CLOSED", "LISTEN"})


def arrives(flow: Flow, ip: IPv4 | IPv6, segment: Segment, now: int, n: int) -> None:
    """The peer's segment reaches the target in a datagram with this header."""
    marked = codepoint(ip) == CE and bool(segment.payload)
    before = expected(flow) if marked else None
    opening = segment.flags & (SYN | RST) == SYN and not flow.completed
    if opening and not flow.open:
        flow.network = flow.network.anew()
    flow_arrivals.arrives(flow, segment, now, n)
    network, hypotheses = flow.network, flow.hypotheses
    if opening and any(h.tcb.irs == segment.seq and h.tcb.state not in NONE for h in hypotheses):
        network.hears_syn(segment)
    after = expected(flow) if marked else None
    taken = after is not None and before == segment.seq
    taken = taken and offset(after or 0, segment.seq) >= len(segment.payload)
    network.hears(segment, marked=taken)
    if network.flight:
        oldest = min(hypotheses, key=lambda h: offset(h.tcb.snd_una, segment.ack))
        network.acknowledged(oldest.tcb.snd_una)


def expected(flow: Flow) -> int | None:
    """RCV.NXT, where there is no doubt about it and text may come."""
    first = flow.hypotheses[0].tcb
    sure = all(h.tcb.rcv_nxt == first.rcv_nxt and h.tcb.state in RECEIVING for h in flow.hypotheses)
    return first.rcv_nxt if sure else None


def leaves(flow: Flow, ip: IPv4 | IPv6, segment: Segment, octets: int, now: int, n: int) -> None:
    """The target's segment has left in a datagram of so many octets."""
    flow.network.opened_by(h.tcb.irs for h in flow.hypotheses)
    wrong = flow.network.wrong(ip, segment, octets, now)
    if wrong is not None:
        violation = Violation(n, wrong.clause, wrong.why, wrong.allowed)
        flow.report.violations.append(violation)
