"""What has to come in time: answers, retransmissions, probes; and what time alone may end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.flow import LEAST_RETRIES
from tcpassay.model.oracle.flow_spread import only_variants
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.oracle.report import Violation
from tcpassay.model.tcb import offset

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow


def passes(flow: Flow, now: int, n: int) -> None:
    """What was due before `now` and has not come ends the hypotheses that wanted it."""
    if flow.transmission.due < now:
        _not_sent_again(flow, n)
    alive = flow.hypotheses
    if len(alive) == 1 and alive[0].ack_by >= now and alive[0].due_by >= now:
        return
    left = [h for h in alive if h.ack_by >= now and h.due_by >= now]
    if len(left) == len(alive):
        return
    if not left and all(min(h.ack_by, h.due_by) > flow.heard for h in alive):
        left = [h for h in lapsed(flow, now) if h.due_by >= now]
    if not left and flow.cut:
        flow.opaque = True
        return
    if not left:
        clause, answer = alive[0].overdue(now) or ("", "")
        others = tuple(o[0] for h in alive[1:] if (o := h.overdue(now)))
        flow.violated(Violation(n, clause, "the answer due has not come", answer, others))
        left = [h._replace(ack_by=NEVER, due=None, due_by=NEVER) for h in alive]
    flow.hypotheses = left
    only_variants(flow, n)


def _not_sent_again(flow: Flow, n: int) -> None:
    transmission = flow.transmission
    transmission.due = NEVER
    if any(h.tcb.state in {"CLOSED", "TIME-WAIT"} for h in flow.hypotheses) or flow.icmp:
        return
    what = "a probe" if transmission.clause == "RFC9293:MUST-36" else "what is not acknowledged"
    why = f"{what} has not been sent in time"
    flow.violated(Violation(n, transmission.clause, why, "a retransmission"))


def wants_probe(flow: Flow, now: int) -> None:
    """MUST-36: text that the application has given may wait behind a closed window."""
    tcb = flow.hypotheses[0].tcb
    if (
        flow.queue_may_be_full
        or tcb.snd_wnd
        or tcb.state not in {"ESTABLISHED", "CLOSE-WAIT"}
        or flow.sender.aborted
    ):
        return
    if flow.sender.least > offset(tcb.snd_nxt, tcb.iss) - 1:
        flow.transmission.wants_probe(tcb, now)


def lapsed(flow: Flow, now: int) -> list[Hypothesis]:
    """Hypotheses whose connection may be gone by now: TIME-WAIT over, or given up."""
    return [
        Hypothesis(h.tcb._replace(state="CLOSED"))
        for h in flow.hypotheses
        if _may_be_gone(flow, h, now)
    ]


def _may_be_gone(flow: Flow, h: Hypothesis, now: int) -> bool:
    state = h.tcb.state
    if state == "TIME-WAIT":
        return now - h.since >= flow.limits.time_wait
    if state == "CLOSED":
        return False
    if flow.icmp and state in {"SYN-SENT", "SYN-RECEIVED"}:
        return True  # RFC 1122, 4.2.3.9; RFC 5461, 3: any error ends what is being opened.
    if state == "FIN-WAIT-2" and h.tcb.read == "gone":
        return True
    if flow.user_timeout and h.tcb.snd_una != h.tcb.snd_nxt:
        return True  # 3.10.8: whenever it is over that the application has asked for.
    gone = flow.retries >= LEAST_RETRIES
    gone = gone and not flow.transmission.waits_too_short(now, state)
    flow.lapsed = flow.lapsed or gone
    return gone
