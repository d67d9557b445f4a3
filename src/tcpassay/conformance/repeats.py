"""What the target has sent on one connection: tells a repetition from something new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.seq import Seq, distance
from tcpassay.wire import FIN, SYN

if TYPE_CHECKING:
    from tcpassay.wire import Segment


class SentText:
    """The target's octets by sequence number, and where its SYN and its FIN stand.

    `iss` is the number of its SYN. Text with a hole before it is not kept: nothing is held
    against a repetition from then on.
    """

    __slots__ = ("_fin", "_text", "_whole")

    def __init__(self) -> None:
        self._text = bytearray()
        self._fin: int | None = None
        self._whole = True

    def take(self, segment: Segment, iss: Seq) -> None:
        """Remember what a segment carried."""
        if not segment.seg_len:
            return
        at = _offset(segment, iss)
        if segment.flags & FIN:
            self._fin = at + len(segment.payload)
        if not segment.payload:
            return
        if at > len(self._text):
            self._whole = False
        elif at >= 0:
            self._text[at : at + len(segment.payload)] = segment.payload

    def holds(self, segment: Segment, iss: Seq, una: Seq) -> bool:
        """Whether every control and octet of a segment was sent before, in the same place.

        A single octet before `una` may be any: it is a keep-alive (RFC 9293, 3.8.4).
        """
        at = _offset(segment, iss)
        if segment.flags & SYN and segment.seq != iss:
            return False
        if segment.flags & FIN and self._fin != at + len(segment.payload):
            return False
        text = segment.payload
        if not self._whole or (len(text) == 1 and una.after(segment.seq)):
            return True
        return self._text[max(0, at) : at + len(text)] == text


def _offset(segment: Segment, iss: Seq) -> int:
    """Where the segment's text begins, counted from the target's first octet."""
    return distance(segment.seq, iss + 1) + bool(segment.flags & SYN)
