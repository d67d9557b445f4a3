"""What has to come in time: answers, retransmissions, probes; and what time alone may end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.flow import LEAST_RETRIES
from tcpassay.model.oracle.flow_spread import only_variants
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.oracle.report import Violation
from tcpassay.model.rules.departure import SMALLEST_MSS, Refusal
from tcpassay.model.tcb import RECEIVING, offset, text_in_order

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.tcb import Tcb


def passes(flow: Flow, now: int, n: int) -> None:
    """What was due before `now` and has not come ends the hypotheses that wanted it."""
    if flow.transmission.due < now:
        _not_sent_again(flow, n)
    if flow.send_by < now:
        _not_sent(flow, n)
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
    due, transmission.due = transmission.due, NEVER
    if any(h.tcb.state in {"CLOSED", "TIME-WAIT"} for h in flow.hypotheses) or flow.icmp:
        return
    if flow.time_may_be_up(due):
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


def wants_to_send(flow: Flow, now: int) -> None:
    """What the application has given goes out at once where nothing holds it back (`held_back`),
    and so does the news of a window that was closed (`stays_shut`).
    """
    flow.send_by = now if held_back(flow) or stays_shut(flow) else NEVER


def held_back(flow: Flow) -> Refusal | None:
    """What stands against not sending: nothing is in flight, and the window has room.

    So much room as 3.8.6.2.1 asks for: for all that is queued, which PSH goes with, or for a full
    segment; Nagle's algorithm (3.7.4) holds back nothing that nothing is in flight before, and no
    congestion window is below a segment (RFC 5681, 3.1). A FIN follows the text (3.10.4).
    """
    sender, h = flow.sender, flow.hypotheses[0]
    tcb = h.tcb
    if (
        tcb.fin_sent
        or tcb.snd_una != tcb.snd_nxt
        or not flow.surely_completed
        or (flow.may_wait or sender.aborted or flow.given.loose or flow.pushed_later)
        or flow.network.agreed  # RFC 3168, 6.1.2: with a window of one segment it waits.
        or (flow.queue_may_be_full or flow.may_be_given_up or flow.reported or flow.cut)
        or not all(_alike(h, other) for other in flow.hypotheses)
    ):
        return None
    room = min(each.tcb.offered for each in flow.hypotheses)
    left = sender.least - (offset(tcb.snd_nxt, tcb.iss) - 1)
    # Less than any host takes fills no segment, whatever the peer asks for (`SMALLEST_MSS`).
    # A FIN behind the text is queued as well, and takes a number (3.4).
    wanted = min(left + sender.ended, max(flow.mss, SMALLEST_MSS))
    if not room or room < wanted or (left <= 0 and not sender.ended):
        return None
    if left <= 0:
        clause = f"RFC9293:3.10.4-CLOSE-{_CLOSING.get(tcb.state, 'ESTAB')}"
        return Refusal(clause, "no FIN, and nothing holds it back", "a FIN")
    scaled = flow.peer_scale and room >> flow.peer_scale < wanted
    clause = "RFC7323:2.3-SCALE-APPLIED" if scaled else "RFC9293:3.10.7.4-WND-UPDATE"
    why = "no text, and nothing holds it back"
    return Refusal(clause, why, f"{min(left, flow.mss)} octets of text")


def stays_shut(flow: Flow) -> Refusal | None:
    """What stands against not telling that the window has opened: all has been read (3.8.6.2.2)."""
    if (
        not flow.read
        or (flow.deaf or flow.buffer_set or flow.taken.loose or flow.reported or flow.cut)
        or (flow.may_be_given_up or flow.sender.aborted)
        or not all(_shut_and_empty(h.tcb, flow.read) and not h.told for h in flow.hypotheses)
    ):
        return None
    why = "a window of zero, and all has been read"
    return Refusal("RFC9293:3.8.6-WIN-OPEN-UPDATE", why, "an ACK that tells of the room")


def _shut_and_empty(tcb: Tcb, read: int) -> bool:
    return (
        not tcb.rcv_wnd
        and not tcb.held
        and tcb.fin is None
        and tcb.read == "open"
        and tcb.state in RECEIVING
        and text_in_order(tcb) == read
    )


#: States in which what has been given may go out, and the names of their close().
_SENDING = frozenset({"ESTABLISHED", "FIN-WAIT-1", "CLOSE-WAIT", "CLOSING"})
_CLOSING = {"CLOSE-WAIT": "CLOSEWAIT"}


def _alike(h: Hypothesis, other: Hypothesis) -> bool:
    """Whether two hypotheses agree on what is sent."""
    tcb = other.tcb
    return (
        tcb.state in _SENDING
        and not other.told
        and (tcb.snd_nxt, tcb.snd_una, tcb.fin_sent) == (h.tcb.snd_nxt, h.tcb.snd_una, False)
    )


def _not_sent(flow: Flow, n: int) -> None:
    flow.send_by = NEVER
    wrong = held_back(flow) or stays_shut(flow)
    if wrong is not None:
        flow.refused(wrong, n)


def lapsed(flow: Flow, now: int) -> list[Hypothesis]:
    """Hypotheses whose connection may be gone by now: TIME-WAIT over, or given up."""
    return [
        Hypothesis(h.tcb._replace(state="CLOSED"), variants=h.variants)
        for h in flow.hypotheses
        if _may_be_gone(flow, h, now)
    ]


def surely_over(flow: Flow, h: Hypothesis, now: int) -> bool:
    """Whether TIME-WAIT has run out (3.10.8), be its timer twice as slow as the target says."""
    return h.tcb.state == "TIME-WAIT" and now - h.since > 2 * flow.limits.time_wait


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
    if h.tcb.snd_una != h.tcb.snd_nxt and flow.time_may_be_up(now):
        return True
    gone = flow.retries >= LEAST_RETRIES
    gone = gone and not flow.transmission.waits_too_short(now, state)
    flow.lapsed = flow.lapsed or gone
    return gone
