"""How a connection of a capture begins: the target's SYN, its SYN,ACK, or somewhere midway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.rules.paws import timestamps
from tcpassay.model.tcb import MASK, Tcb

if TYPE_CHECKING:
    from tcpassay.wire import Segment

#: Stands for a window that is not known: larger than any (RFC 7323, 2.3).
UNKNOWN_WINDOW = 1 << 30


def midway(iss: int, irs: int) -> Tcb:
    """The capture begins in mid-connection: `iss` and `irs` lie before the first numbers seen."""
    nxt, rcv_nxt = (iss + 1) & MASK, (irs + 1) & MASK
    return Tcb(
        "ESTABLISHED",
        iss=iss,
        snd_una=nxt,
        snd_nxt=nxt,
        irs=irs,
        rcv_nxt=rcv_nxt,
        rcv_wnd=UNKNOWN_WINDOW,
        last_ack=rcv_nxt,
        max_snd_wnd=UNKNOWN_WINDOW,
    )


def active(syn: Segment) -> Tcb:
    """SYN-SENT, by the target's own SYN."""
    return Tcb(
        "SYN-SENT",
        passive=False,
        iss=syn.seq,
        snd_una=syn.seq,
        snd_nxt=(syn.seq + 1) & MASK,
        rcv_wnd=syn.window,
        ts_offered=timestamps(syn) is not None,
    )


def passive(answer: Segment, syn: Segment | None, *, stamped: bool) -> Tcb:
    """SYN-RECEIVED, by the target's SYN,ACK to `syn`; None where the capture lacks it."""
    irs = (answer.ack - 1) & MASK if syn is None else syn.seq
    window = syn.window if syn else 0
    stamps = timestamps(syn) if syn is not None and stamped else None
    early = syn is not None and syn.payload and answer.ack != (irs + 1) & MASK
    tcb = Tcb(
        "SYN-RECEIVED",
        iss=answer.seq,
        snd_una=answer.seq,
        snd_nxt=(answer.seq + 1) & MASK,
        snd_wnd=window,
        max_snd_wnd=window,
        irs=irs,
        rcv_nxt=(irs + 1) & MASK,
        rcv_wnd=answer.window,
        snd_wl1=irs,
        ts_recent=stamps.tsval if stamps else None,
        last_ack=(irs + 1) & MASK,
        early=bool(early),
    )
    return tcb._replace(rcv_nxt=behind_syn(tcb, syn))


def behind_syn(tcb: Tcb, syn: Segment | None) -> int:
    """RCV.NXT in SYN-RECEIVED: behind the text of the SYN where that was taken (RFC 7413)."""
    taken = len(syn.payload) if tcb.early and syn is not None else 0
    return (tcb.irs + 1 + taken) & MASK
