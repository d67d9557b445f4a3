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
#: Answers to one input that are told one by one.
TOLD = 4

_inputs: dict[tuple[int, int, int, bool, bool], str] = {}


def flags_named(flags: int) -> str:
    """Control bits by name, without PSH and those of ECN."""
    return ",".join(name for bit, name in _FLAGS if flags & bit) or "no flags"


def segment_named(conn: Connection, seq: int, ack: int, flags: int, window: int, size: int) -> str:
    """The class of a segment of the peer's by its flags and where its numbers lie."""
    place = where = 0
    if conn.rcv_nxt != conn.irs and conn.state not in {"CLOSED", "SYN-SENT"}:
        at = ((seq - conn.rcv_nxt + _HALF) & _MASK) - _HALF
        length = size + (flags & 1) + (flags >> 1 & 1)
        if at:
            place = (2 if at + length > 0 else 1) if at < 0 else 5 if at >= conn.rcv_wnd else 3
        if place in {0, 3} and at + length > conn.rcv_wnd and length:
            place = 4 if conn.rcv_wnd else 5
    if flags & ACK and conn.state != "CLOSED":
        ahead = ((ack - conn.snd_nxt + _HALF) & _MASK) - _HALF
        if ahead > 0:
            where = 4
        elif ack != conn.snd_una:
            behind = ((ack - conn.snd_una + _HALF) & _MASK) - _HALF
            where = 1 if behind > 0 else 2 if behind >= -conn.max_snd_wnd else 3
    key = flags & _ALL, place, where, size > 0, not window and not flags & RST
    name = _inputs.get(key)
    if name is None:
        zero = " wnd=0" if key[4] else ""
        text = " data" if key[3] else ""
        name = _inputs[key] = f"{flags_named(flags)}{_SEQ[place]}{_ACK[where]}{text}{zero}"
    return name


_answers: dict[tuple[int, bool, bool], str] = {}


def answer_named(flags: int, size: int) -> str:
    """The class of a segment of the target's."""
    key = flags & (_ALL | ECE | CWR), size > 0, False
    name = _answers.get(key)
    if name is None:
        name = _answers[key] = flags_named(flags) + ("+data" if size else "")
    return name


def call_named(call: Call) -> str:
    """The class of a call: its name, and what of its arguments makes it another call."""
    name = call.name
    plain = _PLAIN.get(name)
    if plain is not None:
        return plain
    told = [
        text
        for tag, value in call.args
        if tag in {"name", "flags"}
        for text in ((value,) if tag == "name" else value if isinstance(value, tuple) else ())
        if isinstance(text, str) and text not in _NOT_TOLD
    ]
    return f"{name}({','.join(told)})"


_PLAIN = {
    name: f"{name}()"
    for name in ("socket", "bind", "listen", "accept4", "accept", "close", "connect")
}
_NOT_TOLD = frozenset({"MSG_DONTWAIT", "MSG_NOSIGNAL", "SOL_SOCKET", "IPPROTO_TCP"})


def return_named(call: Call, returned: Returned) -> str:
    """The class of what a call has returned."""
    if returned.errno is not None:
        return f"errno {returned.errno}"
    if call.name in {"recv", "recvmsg"}:
        return "text" if returned.value > 0 else "end"
    return "ok"
