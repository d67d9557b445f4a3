"""What is judged by a segment of the target's, or a call's return, that the rules let pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.wire import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from tcpassay.core.events import Call, Returned
    from tcpassay.wire import Segment

_ALWAYS = ("RFC9293:MUST-2", "RFC9293:3.1-RSRVD-TX")
_SYN = (*_ALWAYS, "RFC9293:MUST-14")
_LATER = (*_ALWAYS, "RFC9293:3.4-ACK-SANE", "RFC9293:SHLD-14", "RFC9293:MUST-65")
_BARE = (*_LATER, "RFC9293:3.5.2-GROUP3-EMPTY-ACK", "RFC5961:10-ACK-LOOP")
_QUEUED = (*_LATER, "RFC9293:3.4-WRAP", "RFC9293:MUST-16", "RFC9293:3.8.6-SEND-IN-WINDOW")
_TEXT = (*_QUEUED, "RFC9293:3.10.2-SEND-CLOSED")
_FIN = (*_QUEUED, "RFC9293:3.10.4-CLOSE-ESTAB", "RFC9293:3.9.1.4-CLOSE-FLUSH")
_STAMPS = ("RFC7323:3.2-ALWAYS", "RFC7323:3.2-TSECR-ECHO", "RFC7323:5.4-TSVAL-MONOTONE")

#: By whether a segment is bare, has text, has a FIN; each also with timestamps agreed.
_STAMPED = {kind: (*kind, *_STAMPS) for kind in (_BARE, _TEXT, _FIN)}


def by_segment(segment: Segment, *, stamped: bool) -> tuple[str, ...]:
    """The requirements that a segment which may be sent has met."""
    flags = segment.flags
    if flags & RST:
        return _ALWAYS
    if flags & SYN:
        return _SYN if flags & ACK else (*_SYN, "RFC9293:3.10.1-OPEN-ACTIVE")
    kind = _FIN if flags & FIN else _TEXT if segment.payload else _BARE
    return _STAMPED[kind] if stamped else kind


def by_return(call: Call, returned: Returned) -> tuple[str, ...]:
    """The requirements that a return which nothing stands against has met."""
    if call.name in {"recv", "recvmsg"} and returned.errno is None:
        return _END if returned.value == 0 else _OCTETS
    if call.name == "connect" and returned.errno is None:
        return _CONNECTED
    return ()


_END = ("RFC9293:MUST-12",)
_OCTETS = ("RFC9293:3.10.7.4-SEQ-OVERLAP-OOO",)
_CONNECTED = ("RFC9293:3.10.1-OPEN-ACTIVE",)
