"""Coarse words for what reaches a stack and what comes of it: the parts of a finding's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Returned
from tcpassay.wire import (
    ACK,
    FIN,
    RST,
    SYN,
    Icmp,
    MaximumSegmentSize,
    NoOperation,
    ParseError,
    SackPermitted,
    Segment,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
    flags_text,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Datagram

#: PSH, URG and ECN's bits lead nowhere by themselves.
_TELLING = SYN | FIN | RST | ACK
_HALF, _MASK = 1 << 31, 0xFFFFFFFF
_USUAL = (NoOperation, MaximumSegmentSize, WindowScale, SackPermitted, Timestamps)
#: What begins a step: the next one ends the answers to the one before.
STIMULI = frozenset({"send", "call", "advance", "cancel"})


def input_class(entry: Entry, tcb: Tcb | None) -> str:
    """What a stimulus is, told against the connection that it meets."""
    data = entry.data
    if isinstance(data, Call):
        return f"{data.name}()"
    if entry.kind == "send" and isinstance(data, bytes):
        try:
            return _datagram_class(parse(data), tcb)
        except ParseError:
            return "garbage"
    return "time" if entry.kind == "advance" else entry.kind


def _datagram_class(datagram: Datagram, tcb: Tcb | None) -> str:
    body, ip = datagram.body, datagram.ip
    if isinstance(body, Icmp):
        return f"ICMP {body.type}/{body.code}"
    if not isinstance(body, Segment):
        return "fragment" if ip.is_fragment else "no segment"
    words = [flags_text(body.flags & _TELLING) or "no flags"]
    if tcb is not None and tcb.state not in {"CLOSED", "LISTEN", "SYN-SENT"}:
        words.append(f"seq={_place(body.seq, tcb.rcv_nxt, tcb.rcv_wnd)}")
    if body.flags & ACK and tcb is not None and tcb.state not in {"CLOSED", "LISTEN"}:
        words.append(f"ack={_ack_place(body.ack, tcb)}")
    if body.payload:
        words.append("text")
    words += _oddities(datagram, body)
    return " ".join(words)


def _place(seq: int, nxt: int, window: int) -> str:
    ahead = (seq - nxt) & _MASK
    if ahead == 0:
        return "rcv.nxt"
    if ahead >= _HALF:
        return "old"
    return "in-window" if ahead < window else "beyond"


def _ack_place(ack: int, tcb: Tcb) -> str:
    if ack == tcb.snd_nxt:
        return "snd.nxt"
    if (ack - tcb.snd_nxt) & _MASK < _HALF:
        return "future"
    if ack == tcb.snd_una:
        return "snd.una"
    return "new" if (ack - tcb.snd_una) & _MASK < _HALF else "old"


def _oddities(datagram: Datagram, body: Segment) -> list[str]:
    words = []
    if body.checksum is not None:
        words.append("bad-checksum")
    if body.data_offset is not None:
        words.append("bad-offset")
    if any(
        isinstance(option, UnreadableOptions | UnknownOption) or not isinstance(option, _USUAL)
        for option in body.options
    ):
        words.append("odd-options")
    if datagram.padding:
        words.append("padding")
    return words


def answer_class(entries: Sequence[Entry], at: int) -> str:
    """What came of the stimulus at `at`: what is there up to the next one."""
    words: list[str] = []
    for entry in entries[at + 1 :]:
        if entry.kind in STIMULI:
            break
        word = _answer(entry)
        if word and word not in words:
            words.append(word)
    return "+".join(words) or "none"


def _answer(entry: Entry) -> str:
    data = entry.data
    if isinstance(data, Returned):
        return f"errno {data.errno}" if data.errno is not None else "returned"
    if entry.kind != "receive" or not isinstance(data, bytes):
        return "" if entry.kind == "log" else entry.kind
    try:
        body = parse(data).body
    except ParseError:
        return "garbage"
    if not isinstance(body, Segment):
        return "ICMP"
    control = [name for flag, name in _CONTROL if body.flags & flag]
    return ",".join(control) + ("+text" if body.payload else "")


_CONTROL = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (ACK, "ACK"))
