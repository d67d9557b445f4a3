"""What cases are told apart by: the class of what arrives, and of what answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.wire import ACK, CWR, ECE, FIN, RST, SYN, URG

if TYPE_CHECKING:
    from tcpassay.core.events import Call, Returned
    from tcpassay.fuzz.predictor.connection import Connection

_FLAGS = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (ACK, "ACK"), (URG, "URG"))
_ALL = SYN | FIN | RST | ACK | URG
_SEQ = ("", " seq=old", " seq=partly old", " seq=in-window", " seq=partly beyond", " seq=beyond")
_ACK = ("", " ack=new", " ack=old", " ack=far old", " ack=future")
_MASK, _HALF = 0xFFFFFFFF, 0x80000000
_NEW_ACK = ACK | 1 << 9
#: Answers to one input that are told one by one.
TOLD = 4

#: States in which no number of the peer's is known.
_NUMBERLESS = frozenset({"CLOSED", "SYN-SENT"})

_inputs: dict[int, str] = {}


def flags_named(flags: int) -> str:
    """Control bits by name, without PSH and those of ECN."""
    return ",".join(name for bit, name in _FLAGS if flags & bit) or "no flags"


def segment_named(conn: Connection, seq: int, ack: int, flags: int, window: int, size: int) -> str:
    """The class of a segment of the peer's by its flags and where its numbers lie."""
    place = where = 0
    state = conn.state
    nxt = conn.rcv_nxt
    length = size + (flags & 1) + (flags >> 1 & 1)
    if seq == nxt:
        if length > conn.rcv_wnd and nxt != conn.irs and state not in _NUMBERLESS:
            place = 4 if conn.rcv_wnd else 5
    elif nxt != conn.irs and state not in _NUMBERLESS:
        at = ((seq - nxt + _HALF) & _MASK) - _HALF
        if at < 0:
            place = 2 if at + length > 0 else 1
        else:
            place = 5 if at >= conn.rcv_wnd else 3
            if place == 3 and length and at + length > conn.rcv_wnd:
                place = 4
    if flags & ACK and state != "CLOSED":
        where = _ack_place(conn, ack)
    key = flags & _ALL | place << 6 | where << 9
    if size:
        key |= 0x1000
    if not window and not flags & RST:
        key |= 0x2000
    return _inputs.get(key) or _named(key)


def in_order_named(new: bool, size: int, window: int) -> str:
    """The class of an ACK, maybe with text, that is in order; `new`: of all that was in flight."""
    key = _NEW_ACK if new else ACK
    if size:
        key |= 0x1000
    if not window:
        key |= 0x2000
    return _inputs.get(key) or _named(key)


def _ack_place(conn: Connection, ack: int) -> int:
    nxt, una = conn.snd_nxt, conn.snd_una
    if ack == una == nxt:
        return 0
    if ack != nxt and ((ack - nxt + _HALF) & _MASK) > _HALF:
        return 4
    if ack == una:
        return 0
    behind = ((ack - una + _HALF) & _MASK) - _HALF
    return 1 if behind > 0 else 2 if behind >= -conn.max_snd_wnd else 3


def _named(key: int) -> str:
    """The words of a class, kept for the next of it."""
    text = " data" if key & 0x1000 else ""
    zero = " wnd=0" if key & 0x2000 else ""
    place, where = key >> 6 & 7, key >> 9 & 7
    name = _inputs[key] = f"{flags_named(key & 0x3F)}{_SEQ[place]}{_ACK[where]}{text}{zero}"
    return name


_answers: dict[int, str] = {}


def answer_named(flags: int, size: int) -> str:
    """The class of a segment of the target's."""
    key = flags & (_ALL | ECE | CWR) | (0x1000 if size else 0)
    name = _answers.get(key)
    if name is None:
        name = _answers[key] = flags_named(flags) + ("+data" if size else "")
    return name


def call_named(call: Call) -> str:
    """The class of a call not in PLAIN: its name, and what of its arguments makes it another."""
    told = [
        text
        for tag, value in call.args
        if tag in {"name", "flags"}
        for text in ((value,) if tag == "name" else value if isinstance(value, tuple) else ())
        if isinstance(text, str) and text not in _NOT_TOLD
    ]
    return f"{call.name}({','.join(told)})"


#: Calls that no argument makes another one.
PLAIN = {
    name: f"{name}()"
    for name in ("socket", "bind", "listen", "accept4", "accept", "close", "connect")
}
_NOT_TOLD = frozenset({"MSG_DONTWAIT", "MSG_NOSIGNAL", "SOL_SOCKET", "IPPROTO_TCP"})


def return_named(name: str, returned: Returned) -> str:
    """The class of what a call of this name has returned."""
    if returned.errno is not None:
        return f"errno {returned.errno}"
    if name in {"recv", "recvmsg"}:
        return "text" if returned.value > 0 else "end"
    return "ok"
