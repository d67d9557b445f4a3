"""RFC 9293, 3.10.1 to 3.10.5 and 3.10.8: calls of the application and time-outs that end a state.

What a call sends is put to `departs`, as any segment of the target's.
"""

from __future__ import annotations

from typing import Literal

from tcpassay.model.answers import SILENCE, Answer, Branch
from tcpassay.model.rules.departure import ABORTED_BY_RESET, Sender, departs
from tcpassay.model.tcb import MASK, SYNCHRONIZED, Tcb
from tcpassay.wire import ACK, FIN, Segment

#: What 3.10.4 has for the first CLOSE in a state; in the others its FIN has been sent before.
_FIRST_CLOSE = {
    "SYN-RECEIVED": "RFC9293:3.10.4-CLOSE-SYNRCVD",
    "ESTABLISHED": "RFC9293:3.10.4-CLOSE-ESTAB",
    "CLOSE-WAIT": "RFC9293:3.10.4-CLOSE-CLOSEWAIT",
}


def open_passive(tcb: Tcb) -> tuple[Branch, ...]:
    """3.10.1, passive OPEN: listen()."""
    if tcb.state != "CLOSED":
        return ()
    return (Branch(Tcb("LISTEN"), SILENCE, "RFC9293:MUST-41"),)


def open_active(tcb: Tcb, iss: int, window: int) -> tuple[Branch, ...]:
    """3.10.1, active OPEN: connect(). In LISTEN it turns the passive OPEN into an active one.

    POSIX has no call for the latter: connect() on a listener is an error.
    """
    if tcb.state not in {"CLOSED", "LISTEN"}:
        return ()
    nxt = (iss + 1) & MASK
    opened = Tcb("SYN-SENT", passive=False, iss=iss, snd_una=iss, snd_nxt=nxt, rcv_wnd=window)
    label: Literal["standard", "optional"] = "standard" if tcb.state == "CLOSED" else "optional"
    return (Branch(opened, Answer("syn", (iss,)), "RFC9293:3.10.1-OPEN-ACTIVE", label),)


def send(tcb: Tcb, iss: int, window: int) -> tuple[Branch, ...]:
    """3.10.2, SEND: in LISTEN it opens actively; elsewhere it changes no state."""
    return open_active(tcb, iss, window) if tcb.state == "LISTEN" else ()


def close(tcb: Tcb, *, reads: bool) -> tuple[Branch, ...]:
    """3.10.4, CLOSE, with nothing left to send: shutdown() where the application still reads.

    In SYN-RECEIVED the FIN may also wait for ESTABLISHED, whose CLOSE it is then.
    """
    if tcb.state in {"LISTEN", "SYN-SENT"}:
        clause = f"RFC9293:3.10.4-CLOSE-{tcb.state.replace('-', '')}"
        return (Branch(tcb._replace(state="CLOSED"), SILENCE, clause),)
    clause = _FIRST_CLOSE.get(tcb.state, "")
    if not clause or tcb.fin_sent:
        return ()
    fin = Segment(0, 0, tcb.snd_nxt, tcb.rcv_nxt, FIN | ACK, tcb.rcv_wnd)
    after = departs(tcb, fin, Sender(), 0)
    if not isinstance(after, Tcb):
        return ()
    after = after._replace(read="open" if reads else "gone")
    return (Branch(after, Answer("fin", (tcb.snd_nxt,), (tcb.rcv_nxt,)), clause),)


def abort(tcb: Tcb) -> tuple[Branch, ...]:
    """3.10.5, ABORT: a reset where the peer may still have something to send."""
    if tcb.state == "CLOSED":
        return ()
    gone = tcb._replace(state="CLOSED")
    if tcb.state in ABORTED_BY_RESET:
        return (Branch(gone, Answer("rst", (tcb.snd_nxt,)), "RFC9293:3.10.5-ABORT-SYNC"),)
    if tcb.state == "LISTEN":
        return (Branch(gone, SILENCE, "RFC9293:3.10.4-CLOSE-LISTEN"),)
    late = "LATE" if tcb.state in SYNCHRONIZED else "SYNSENT"
    return (Branch(gone, SILENCE, f"RFC9293:3.10.5-ABORT-{late}"),)


def user_timeout(tcb: Tcb) -> tuple[Branch, ...]:
    """3.10.8: what was sent has gone unanswered for too long (R2 of 3.8.3 as well)."""
    if tcb.state in {"CLOSED", "LISTEN", "TIME-WAIT"}:
        return ()
    gone = tcb._replace(state="CLOSED")
    return (Branch(gone, SILENCE, "RFC9293:3.10.8-USER-TIMEOUT"),)


def state_timeout(tcb: Tcb) -> tuple[Branch, ...]:
    """3.10.8: 2 MSL are over; FIN-WAIT-2 may end as well where nobody can read any more."""
    gone = tcb._replace(state="CLOSED")
    if tcb.state == "TIME-WAIT":
        return (Branch(gone, SILENCE, "RFC9293:3.10.8-TW-EXPIRE"),)
    if tcb.state == "FIN-WAIT-2" and tcb.read == "gone":
        return (Branch(gone, SILENCE, "LINUX:FIN_TIMEOUT", "variant", "tcp(7)"),)
    return ()
