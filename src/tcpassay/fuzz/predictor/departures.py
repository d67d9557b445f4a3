"""What the target sends, held against the one way that is followed (RFC 9293, 3.4 to 3.8).

Each rule gives what stands against a segment in a few words, empty for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.transmission import DUPLICATE_ACKS
from tcpassay.model.rules.departure import ABORTED_BY_RESET, SMALLEST_MSS
from tcpassay.model.tcb import HALF, MASK, offset
from tcpassay.wire import ACK, ECE, FIN, PSH, RST, SYN

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor.connection import Connection
    from tcpassay.model.oracle.limits import Limits

#: States in which text, FIN and ACK may be sent.
_SENDING = frozenset(
    {
        "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
        "LAST-ACK", "TIME-WAIT",
    }
)  # fmt: skip
_CLOSES = {"ESTABLISHED": "FIN-WAIT-1", "CLOSE-WAIT": "LAST-ACK"}
_ALLOWED = frozenset(
    {ACK, ACK | PSH, ACK | FIN, ACK | FIN | PSH, SYN, SYN | ACK, RST, RST | ACK, RST | PSH | ACK}
)


class Gone(NamedTuple):
    """A segment of the target's; its window is scaled. `stamp` is its TSecr, None for none."""

    seq: int
    ack: int
    flags: int
    window: int
    size: int
    stamp: int | None
    now: int


def wrong_flags(conn: Connection, flags: int) -> bool:
    """Whether control bits are not among the usual: URG, none at all, ECN where nobody asked."""
    return flags not in _ALLOWED and not (flags == SYN | ACK | ECE and conn.echoes)


def bare(conn: Connection, seq: int, ack: int, window: int, stamp: int | None) -> str:
    """An ACK alone."""
    if conn.state not in _SENDING or not conn.bound:
        return "an ACK without a connection"
    if ack != conn.rcv_nxt:
        return "an ACK with another number"
    if stamp != conn.ts_recent:
        return "another timestamp"
    if seq != conn.snd_nxt:
        return "an ACK with another SEQ"
    if window > conn.rcv_wnd:
        conn.rcv_wnd = window
    elif conn.grace:
        conn.grace = 0
    elif conn.credit:
        conn.credit -= 1
    else:
        return "an ACK that nothing has called for"
    conn.ack_by, conn.last_ack = NEVER, ack
    if conn.fin is not None and ack == (conn.fin + 1) & MASK:
        conn.peer_ended = True
    return ""


def edge(conn: Connection, ack: int, window: int) -> str:
    """SHLD-14: the right edge of the window does not go back, but for what scaling rounds."""
    new = (ack + window) & MASK
    if conn.edge is not None:
        by = ((conn.edge - new + HALF) & MASK) - HALF
        if by > 0:
            return "" if by < 1 << (conn.stack_scale or 0) else "a window that shrinks"
    conn.edge = new
    return ""


def queued(conn: Connection, gone: Gone) -> str:
    """Text and FIN, of the one way that is followed."""
    start = offset(gone.seq, conn.snd_nxt)
    size, ends = gone.size, gone.flags & FIN
    why = _numbered(conn, gone, start)
    if why:
        return why
    beyond = start + size + 1
    if conn.fin_sent and (beyond > 0 or (ends and beyond)):
        return "text behind the FIN"
    room = offset((conn.snd_una + conn.snd_wnd) & MASK, conn.snd_nxt)
    if start + size > max(room, 0) and start + size > 0:
        probes = not start and size == 1 and room <= 0 and conn.snd_una == conn.snd_nxt
        if not probes:
            return "text beyond the window"
    if ends and not conn.fin_sent:
        left = len(conn.given) - offset(gone.seq, (conn.iss + 1) & MASK) - size
        if not conn.ended or left > 0:
            return "a FIN too early"
        conn.state = _CLOSES.get(conn.state, conn.state)  # type: ignore[assignment]
        conn.since = gone.now if conn.state in {"FIN-WAIT-1", "LAST-ACK"} else conn.since
        conn.snd_nxt, conn.fin_sent = (gone.seq + size + 1) & MASK, True
    elif start + size > 0 and not conn.fin_sent:
        conn.snd_nxt = (gone.seq + size) & MASK
    conn.rcv_wnd = max(conn.rcv_wnd, gone.window)
    conn.ack_by, conn.last_ack = NEVER, gone.ack
    if conn.credit:
        conn.credit -= 1
    return ""


def _numbered(conn: Connection, gone: Gone, start: int) -> str:
    if conn.state not in _SENDING or not conn.bound:
        return "text without a connection"
    if conn.state == "SYN-RECEIVED" and gone.size:
        return "text before the handshake"
    if gone.ack != conn.rcv_nxt:
        return "an ACK with another number"
    if gone.stamp != conn.ts_recent:
        return "another timestamp"
    size = gone.size
    if start > 0 or (start == -1 and size == 1 and conn.snd_una == conn.snd_nxt):
        return "text in another place"
    if size > max(conn.mss, SMALLEST_MSS):
        return "more text than MSS"
    if offset(gone.seq, (conn.iss + 1) & MASK) + size > len(conn.given):
        return "text that was not given"
    return ""


def reset(conn: Connection, seq: int, ack: int, flags: int) -> str:
    """A reset that is due, or that the application's end has called for."""
    due = conn.due
    if due is not None and due.kind == "rst":
        if due.seqs and seq not in due.seqs:
            return "a reset with another SEQ"
        if flags & ACK and due.acks and ack not in due.acks:
            return "a reset with another ACK"
        conn.due, conn.due_by = None, NEVER
        return ""
    if due is not None or not conn.bound or not conn.aborted:
        return "a reset without a cause"
    if conn.state not in ABORTED_BY_RESET:
        return "a reset without a cause"
    if seq not in conn.hypothesis().tcb.reset_numbers:
        return "a reset with another SEQ"
    conn.state, conn.ack_by = "CLOSED", NEVER
    return ""


def syn_ack(conn: Connection, gone: Gone) -> str:
    """The SYN,ACK that is due, or the same once more."""
    due = conn.due
    if due is None or due.kind != "syn-ack":
        if conn.state != "SYN-RECEIVED" or gone.seq != conn.iss or gone.ack != conn.rcv_nxt:
            return "a SYN,ACK that nothing has called for"
        conn.rcv_wnd = gone.window
        return ""
    if gone.ack not in due.acks or (due.seqs and gone.seq not in due.seqs):
        return "a SYN,ACK with another number"
    conn.due, conn.due_by = None, NEVER
    conn.rcv_wnd, conn.last_ack = gone.window, gone.ack
    if gone.stamp is None:
        conn.ts_recent = None
    if not conn.bound:
        conn.iss = conn.snd_una = gone.seq
        conn.snd_nxt, conn.bound = (gone.seq + 1) & MASK, True
        conn.state = "SYN-RECEIVED"
    conn.since = gone.now
    return ""


def retransmission(conn: Connection, seq: int, now: int, limits: Limits) -> str:
    """RFC 6298: not before the shortest time-out, and each wait longer than the last."""
    pieces, una = conn.pieces, conn.snd_una
    while pieces and ((pieces[0][0] - una + HALF) & MASK) <= HALF:
        pieces.popleft()
    if conn.icmp or not pieces:
        return "sent again for another reason"
    if seq != una and conn.several is None:
        return "" if ((seq - una + HALF) & MASK) > HALF else "sent again below SND.UNA"
    end, sent = pieces[0]
    wait = now - conn.resent_at
    opening = conn.state in _OPENING
    free = conn.snd_wnd < (conn.snd_nxt - una) & MASK and not opening
    free = free or (conn.doubts >= DUPLICATE_ACKS)
    free = free or (limits.probes and not opening and not conn.retries and len(pieces) == 1)
    if not free:
        if now - sent < limits.least_rto:
            return "sent again too early"
        if conn.retry_gap and 2 * wait < 3 * conn.retry_gap:
            return "sent again without backing off"
    conn.retry_gap, conn.resent_at, conn.retries = 0 if free else wait, now, conn.retries + 1
    pieces[0] = end, now
    return ""


def repetition(conn: Connection, now: int, limits: Limits) -> str:
    """The same of several ways: not before the shortest time-out."""
    if not conn.pieces:
        return "sent again for another reason"
    end, sent = conn.pieces[0]
    if now - sent < limits.least_rto:
        return "sent again too early"
    conn.pieces[0] = end, now
    return ""


#: RFC 6298, 5.7, and 4.4BSD's wait between two SYNs: what is not acknowledged goes again by then.
_LATEST, _LATEST_SYN = 3 * NS_PER_S, 24 * NS_PER_S
_OPENING = frozenset({"SYN-SENT", "SYN-RECEIVED"})


def timer(conn: Connection) -> int:
    """When something has to be sent again, or the window probed, at the latest; NEVER for never."""
    state = conn.state
    if state in {"CLOSED", "TIME-WAIT"} or conn.opaque or conn.icmp:
        return NEVER
    if conn.snd_una == conn.snd_nxt and not conn.unsent:
        return NEVER
    longest = _LATEST_SYN if state in _OPENING else _LATEST
    return conn.resent_at + (longest << conn.retries)
