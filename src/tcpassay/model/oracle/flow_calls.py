"""What the application's calls make of a connection (RFC 9293, 3.10.2 to 3.10.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import Answer
from tcpassay.model.oracle import flow_due
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.rules.departure import ABORTED_BY_RESET
from tcpassay.model.tcb import offset, text_in_order

if TYPE_CHECKING:
    from tcpassay.model.oracle.flow import Flow
    from tcpassay.model.tcb import State


#: Where a connection stands if its end was closed before what has brought it to this state.
CLOSED_FIRST: dict[State, State] = {"ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "CLOSING"}


def gives(flow: Flow, data: bytes) -> None:
    """The application has handed over octets to send."""
    flow.given.append(data)
    flow.sender = flow.sender._replace(octets=len(flow.given.octets))


def ends(flow: Flow) -> None:
    """The application closes its direction: FIN-WAIT-1 now (3.10.4), or with the FIN."""
    flow.sender = flow.sender._replace(ended=True)
    flow.hypotheses += [
        h._replace(tcb=h.tcb._replace(state="FIN-WAIT-1"))
        for h in flow.hypotheses
        if h.tcb.state == "ESTABLISHED"
    ]


def closed_before(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """A close that has waited in SYN-RECEIVED: "queue for processing after entering ESTABLISHED
    state" (3.10.4). It is FIN-WAIT-1 with the fifth check, and the peer's FIN the eighth.
    """
    return [
        h._replace(tcb=h.tcb._replace(state=CLOSED_FIRST[h.tcb.state]))
        for h in hypotheses
        if h.tcb.state in CLOSED_FIRST and not h.tcb.fin_sent
    ]


def handed_out(flow: Flow, n: int) -> None:
    """accept() has given the connection to the application in entry `n`: its handshake is over, or
    a cookie has made that needless (RFC 7413, 4.2.2: the application may read before the ACK). One
    that a way past the rules has ended since may be handed out all the same.
    """
    flow.completed = flow.completed or n
    flow.accepted, flow.queue_may_be_full = True, False
    opened = [
        h
        for h in flow.hypotheses
        if h.tcb.snd_una != h.tcb.iss or h.tcb.early or (h.variants and h.tcb.state == "CLOSED")
    ]
    flow.hypotheses = opened or flow.hypotheses


def reads_no_more(flow: Flow) -> None:
    """The application shuts down the peer's direction: text may be kept, lost or reset."""
    flow.deaf = True
    flow.hypotheses = [
        h._replace(tcb=h.tcb._replace(read="shut")) if h.tcb.read == "open" else h
        for h in flow.hypotheses
    ]


def reads_on(flow: Flow) -> None:
    """It has not shut it down after all."""
    flow.deaf = False
    flow.hypotheses = [
        h._replace(tcb=h.tcb._replace(read="open")) if h.tcb.read == "shut" else h
        for h in flow.hypotheses
    ]


def may_be_dropped(flow: Flow) -> None:
    """shutdown() before the handshake: POSIX has an error for it, 3.10.4 an end in SYN-SENT."""
    flow.hypotheses += [
        Hypothesis(h.tcb._replace(state="CLOSED"), variants=h.variants)
        for h in flow.hypotheses
        if h.tcb.state == "SYN-SENT"
    ]


def nothing_waits(flow: Flow) -> bool:
    """Whether all that the application has given is acknowledged."""
    least = flow.sender.octets
    return all(offset(h.tcb.snd_una, h.tcb.iss) > least for h in flow.hypotheses)


def given_up(flow: Flow, now: int) -> None:
    """The application has been told that the connection has timed out: it is gone.

    A reset that goes with it may still be on its way.
    """
    flow.reported = True
    flow.transmission.forget()
    flow.hypotheses = [
        Hypothesis(
            h.tcb._replace(state="CLOSED"),
            now,
            due=Answer("rst", h.tcb.reset_numbers, (h.tcb.rcv_nxt,)),
            due_clause="RFC9293:3.10.8-USER-TIMEOUT",
            told=h.told,
            variants=h.variants,
        )
        for h in flow.hypotheses
    ]


def abandoned(flow: Flow, now: int, clause: str) -> None:
    """Nobody has a descriptor any more; `clause` wants a reset, empty where none is due."""
    flow.changes(now)
    # Where the peer has sent two texts to one place nobody knows how much is unread.
    most = max(text_in_order(h.tcb) for h in flow.hypotheses)
    twice = any(h.tcb.fin_taken and h.tcb.rcv_nxt != (h.tcb.fin or 0) + 1 for h in flow.hypotheses)
    # Text of a SYN is queued until the handshake is over (3.10.7.2), when nobody reads it.
    queued = any(h.tcb.held and h.tcb.state == "SYN-RECEIVED" for h in flow.hypotheses)
    unsure = flow.taken.loose or flow.deaf or most > flow.read or twice or queued
    flow.sender = flow.sender._replace(ended=True, aborted=bool(clause) or unsure)
    lost: list[Hypothesis] = []
    if unsure or flow.unread > 0:
        lost = [new for h in flow.hypotheses for new in _shows_lost_text(h, now)]
    if clause:
        each = [_aborted(h, now, clause, flow.accepted) for h in flow.hypotheses]
        flow.hypotheses = [*(new for some in each for new in some), *flow_due.lapsed(flow, now)]
    else:
        flow.hypotheses = [
            h._replace(tcb=h.tcb._replace(state="CLOSED"))
            if h.tcb.state == "SYN-SENT"  # 3.10.4-CLOSE-SYNSENT
            else h._replace(tcb=h.tcb._replace(read="gone"))
            for h in flow.hypotheses
        ]
        ends(flow)
    flow.hypotheses += lost


def _shows_lost_text(h: Hypothesis, now: int) -> tuple[Hypothesis, ...]:
    """A reset that may come where the FIN has been sent before, by shutdown() (3.6.1, SHLD-3)."""
    tcb = h.tcb
    if tcb.state not in {"CLOSING", "LAST-ACK"}:
        return ()
    reset = Answer("rst", tcb.reset_numbers, (tcb.rcv_nxt,))
    gone = tcb._replace(state="CLOSED")
    due = Hypothesis(gone, now, due=reset, due_clause="RFC9293:SHLD-3", variants=h.variants)
    return (due,)


def _aborted(h: Hypothesis, now: int, clause: str, accepted: bool) -> tuple[Hypothesis, ...]:
    """3.10.5: a reset at SND.NXT where the peer may still have something to send.

    A handshake that is not over when its listener closes may just be forgotten (3.10.4).
    """
    tcb, gone = h.tcb, h.tcb._replace(state="CLOSED")
    if tcb.state in ABORTED_BY_RESET:
        reset = Answer("rst", tcb.reset_numbers, (tcb.rcv_nxt,))
        by = now if accepted or tcb.state != "SYN-RECEIVED" else NEVER
        due = Hypothesis(gone, now, due=reset, due_by=by, due_clause=clause, variants=h.variants)
        return (due._replace(credit=h.credit),)
    if tcb.state == "SYN-SENT":
        return (Hypothesis(gone, now, variants=h.variants),)
    # 3.10.5: in CLOSING, LAST-ACK and TIME-WAIT the record just goes, if it is still the socket's.
    return (h, Hypothesis(gone, now, variants=h.variants))
