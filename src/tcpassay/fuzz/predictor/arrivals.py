"""The usual segments of the peer's, by the rules of RFC 9293, 3.10.7.4, in place.

What these rules leave open, and what is rare, is put to the model (`several`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.ranges import joined
from tcpassay.model.rules.text import MANY
from tcpassay.model.tcb import HALF, MASK
from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor.connection import Connection

#: States that the rules here are for.
QUICK = frozenset(
    {"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "SYN-RECEIVED"}
)
_RECEIVING = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"})

#: What answers a segment. AT_ONCE: an ACK. LIMITED: one that a throttle may keep back. SOON: one
#: within the time for which it may be delayed. MAYBE: one that may stay away as well, at any time;
#: GRACE: in this step. ASK: nothing is done yet, the model has to be asked.
SILENCE, AT_ONCE, LIMITED, SOON, MAYBE, GRACE, ASK = range(7)


def arrives(  # noqa: C901 - the checks in their order
    conn: Connection, seq: int, ack: int, flags: int, window: int, size: int, now: int
) -> int:
    """Take a segment, and say what answers it.

    Only in the states of QUICK, with one way followed and no timestamp that changes anything.
    """
    wide = conn.rcv_wnd
    if not wide:
        return ASK
    nxt = conn.rcv_nxt
    at = (seq - nxt) & MASK
    if at >= wide:
        length = size + (flags & FIN) + (flags >> 1 & 1)
        if not length or (at + length - 1) & MASK >= wide:
            if flags & RST:
                return SILENCE
            if conn.state == "SYN-RECEIVED":
                return ASK
            return AT_ONCE if size else LIMITED
    if flags & RST:
        return _reset(conn, at)
    if flags & SYN:
        return ASK if conn.state == "SYN-RECEIVED" else LIMITED
    if not flags & ACK:
        return SILENCE
    if (size or flags & FIN) and not _plain(conn, seq, flags, size):
        return ASK
    una, sent = conn.snd_una, conn.snd_nxt
    behind = ((ack - una + HALF) & MASK) - HALF if ack != una else 0
    ahead = ((ack - sent + HALF) & MASK) - HALF if ack != sent else 0
    if conn.state == "SYN-RECEIVED":
        if behind <= 0 or ahead > 0 or conn.held or conn.early:
            return ASK
        _completes(conn, seq, ack, window, now)
    elif ahead > 0:
        if behind < 0:
            return ASK
        return MAYBE if conn.state == "LAST-ACK" else AT_ONCE
    elif behind < 0:
        old = behind < -conn.max_snd_wnd
        if old or ((ack - conn.iss + HALF) & MASK) <= HALF:
            # RFC 5961, 5.2, and octets before our SYN: answered, or as any old ACK.
            return ASK if size or flags & FIN else GRACE
    else:
        advance(conn, seq, ack, window)
        if conn.fin_sent and ack == conn.snd_nxt:
            if conn.state == "LAST-ACK":
                _closes(conn, "")
                return SILENCE
            if conn.state == "FIN-WAIT-1":
                conn.state, conn.since = "FIN-WAIT-2", now
    if not size and not flags & FIN:
        return SILENCE
    return _text(conn, seq, flags, size, now)


def _plain(conn: Connection, seq: int, flags: int, size: int) -> bool:
    """Whether there is but one way to take text and FIN: within the window, and to be read."""
    state = conn.state
    if size:
        if ((seq - conn.rcv_nxt + HALF) & MASK) - HALF + size > conn.rcv_wnd:
            return False
        if conn.read != "open" and state in _RECEIVING:
            return False
    if conn.fin is None:
        return not (flags & FIN and conn.held) and len(conn.held) < MANY
    return state in {"CLOSE-WAIT", "LAST-ACK"}


def _reset(conn: Connection, at: int) -> int:
    """RFC 5961, 3.2."""
    if at >= conn.rcv_wnd:
        return ASK
    if at:
        return LIMITED
    if conn.state == "SYN-RECEIVED":
        told = "" if conn.passive else "refused"
    else:
        told = "" if conn.state == "LAST-ACK" else "reset"
    _closes(conn, told)
    return SILENCE


def _closes(conn: Connection, told: str) -> None:
    conn.state = "CLOSED"
    conn.told = told or conn.told
    conn.ack_by = conn.due_by = NEVER
    conn.due, conn.credit, conn.since, conn.bound = None, 0, 0, True


def _completes(conn: Connection, seq: int, ack: int, window: int, now: int) -> None:
    """SYN-RECEIVED: our SYN is acknowledged, and maybe our FIN."""
    conn.state, conn.since = "FIN-WAIT-1" if conn.fin_sent else "ESTABLISHED", now
    conn.snd_una, conn.snd_wnd, conn.max_snd_wnd = ack, window, max(conn.max_snd_wnd, window)
    conn.snd_wl1, conn.snd_wl2 = seq, ack
    if conn.fin_sent and ack == conn.snd_nxt:
        conn.state = "FIN-WAIT-2"


def advance(conn: Connection, seq: int, ack: int, window: int) -> None:
    """An ACK that counts: SND.UNA, and the send window where the segment is no older than it."""
    newer = ((seq - conn.snd_wl1 + HALF) & MASK) - HALF
    if newer > 0 or (not newer and (ack - conn.snd_wl2 + HALF) & MASK >= HALF):
        conn.snd_wnd = window
        conn.max_snd_wnd = max(conn.max_snd_wnd, window)
        conn.snd_wl1, conn.snd_wl2 = seq, ack
    conn.snd_una = ack


def _text(conn: Connection, seq: int, flags: int, size: int, now: int) -> int:
    """Text and FIN behind an ACK that counts."""
    at = ((seq - conn.rcv_nxt + HALF) & MASK) - HALF
    if conn.state not in _RECEIVING:
        return AT_ONCE if flags & FIN and at + size < 0 else MAYBE
    if at > 0:
        _above_a_hole(conn, at, flags, size)
        return AT_ONCE
    if at + size > 0:
        _in_order(conn, at + size)
    if not flags & FIN:
        return SOON if at + size > 0 else SILENCE
    end = (seq + size) & MASK
    if end == conn.rcv_nxt and conn.rcv_wnd:
        _ends(conn, end, now)
        return SOON
    return SOON if at + size > 0 else SILENCE


def _above_a_hole(conn: Connection, at: int, flags: int, size: int) -> None:
    nxt = conn.rcv_nxt
    if size:
        block = ((nxt + at) & MASK, (nxt + at + size) & MASK)
        conn.held = joined(conn.held, block, nxt)
    if flags & FIN and at + size < conn.rcv_wnd:
        conn.fin = (nxt + at + size) & MASK


def _in_order(conn: Connection, octets: int) -> None:
    nxt = (conn.rcv_nxt + octets) & MASK
    held = conn.held
    if held:
        while held and ((held[0][0] - nxt + HALF) & MASK) <= HALF:
            if ((held[0][1] - nxt + HALF) & MASK) > HALF:
                nxt = held[0][1]
            held = held[1:]
        conn.held = held
    conn.rcv_wnd = max(0, conn.rcv_wnd - ((nxt - conn.rcv_nxt) & MASK))
    conn.rcv_nxt = nxt


def _ends(conn: Connection, end: int, now: int) -> None:
    """The peer's FIN, at RCV.NXT."""
    state = conn.state
    if state == "ESTABLISHED":
        conn.state = "CLOSE-WAIT"
    else:
        conn.state = "CLOSING" if state == "FIN-WAIT-1" else "TIME-WAIT"
    conn.since = now
    conn.rcv_nxt, conn.rcv_wnd = (end + 1) & MASK, conn.rcv_wnd - 1
    conn.fin, conn.held = end, ()
