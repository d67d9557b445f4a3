"""Fast open as the wire shows it: which cookies the target has given and was given (RFC 7413)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.rules.departure import Refusal
from tcpassay.wire import ACK, SYN, FastOpen, MaximumSegmentSize

if TYPE_CHECKING:
    from tcpassay.wire import Segment

#: RFC 7413, 4.2.2: data on a SYN where the server's MSS is not known, by IP version.
DEFAULT_MSS = {4: 536, 6: 1220}


class FastOpens:
    """Cookies by the other host's address; `keyed` once an application has set a key itself."""

    __slots__ = ("_gave", "_got", "_mss", "keyed")

    def __init__(self) -> None:
        self._gave: dict[str, set[bytes]] = {}
        self._got: dict[str, set[bytes]] = {}
        self._mss: dict[str, int] = {}
        self.keyed = False

    def arrives(self, peer: str, syn: Segment) -> bool | None:
        """A SYN of the peer's: whether its cookie lets the target take its text early.

        None where fast open does not come into it: no cookie, or a target that has given none.
        """
        cookie = cookie_of(syn)
        if syn.flags & ACK:
            self._learn(peer, syn, cookie)
            return None
        if cookie is None or not (self._gave or self.keyed):
            return None
        return self.keyed or cookie in self._gave.get(peer, ())

    def _learn(self, peer: str, syn: Segment, cookie: bytes | None) -> None:
        if not cookie:
            return
        self._got.setdefault(peer, set()).add(cookie)
        for option in syn.options:
            if isinstance(option, MaximumSegmentSize):
                self._mss[peer] = max(option.value, self._mss.get(peer, 0))

    def leaves(self, peer: str, syn: Segment) -> Refusal | None:
        """A SYN of the target's: what it gives is remembered, what it shows was given to it."""
        cookie = cookie_of(syn)
        if syn.flags & ACK:
            if cookie:
                self._gave.setdefault(peer, set()).add(cookie)
            return None
        if cookie and cookie not in self._got.get(peer, ()):
            return Refusal("RFC7413:4.1.3-CACHE", "a cookie that this server has not given", "none")
        return self._text(peer, syn, cookie) if syn.payload else None

    def _text(self, peer: str, syn: Segment, cookie: bytes | None) -> Refusal | None:
        size = len(syn.payload)
        if not cookie and not self.keyed:
            why = f"{size} octets of text on a SYN without a cookie"
            return Refusal("RFC7413:4.1.3-CACHE", why, "no text")
        most = self._mss.get(peer, DEFAULT_MSS[6 if ":" in peer else 4])
        if size <= most:
            return None
        return Refusal("RFC7413:4.2.2-SYN-MSS", f"{size} octets of text on a SYN", f"{most}")


def cookie_of(segment: Segment) -> bytes | None:
    """The cookie of a segment; None where it has no such option."""
    for option in segment.options:
        if isinstance(option, FastOpen):
            return option.cookie
    return None


def sent_again(segment: Segment) -> Refusal | None:
    """RFC 7413, 4.2.2: a SYN or SYN,ACK that goes again has neither option nor text."""
    clause = "RFC7413:4.2.2-SYN-RTX"
    if segment.flags & (SYN | ACK) == SYN | ACK:
        clause = "RFC7413:4.2.2-SYNACK-RTX"
    if cookie_of(segment) is not None:
        return Refusal(clause, "a SYN sent again with the option for fast open", "none")
    if segment.payload:
        return Refusal(clause, f"a SYN sent again with {len(segment.payload)} octets", "none")
    return None
