"""What the network tells a connection: marks of congestion (RFC 3168), MTUs (RFC 1191, RFC 8201).

Only what is certain is judged. A mark counts once every hypothesis has taken its text; a message of
a router only where the segment that it quotes was larger than the MTU it tells. A stack may wait
for a time-out before it believes one that is below what was acknowledged (RFC 5927, 7.2).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.rules.departure import Refusal
from tcpassay.model.tcb import offset
from tcpassay.wire import ACK, AE, CWR, ECE, FIN, RST, SYN, IPv4, Segment
from tcpassay.wire.ipv4 import DF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcpassay.wire import IPv6

#: Codepoint of a datagram that a router has marked.
CE = 3
#: What every link carries.
LEAST_MTU = {4: 68, 6: 1280}
REDUCE = {4: "RFC1191:3-REDUCE", 6: "RFC8201:4-PTB"}


class Text(NamedTuple):
    """Text in flight: its numbers, and how large its datagram was, whether with DF."""

    seq: int
    end: int
    octets: int
    df: bool


class TooBig(NamedTuple):
    """A router's message: which number it quotes, its MTU, when it came, and whether that text may
    go out once more as large as it was.
    """

    seq: int
    mtu: int
    at: int
    again: bool


class Network:
    """What routers and the peer have told one connection of the target's about its path."""

    __slots__ = (
        "_acked", "_all_have_df", "_count", "_echo", "_echoed", "_high", "_ip", "_own_plain",
        "_own_setup", "_slack", "_syns", "_too_big", "_warned",
        "flight",
    )  # fmt: skip

    def __init__(self, ip: int, count: Callable[[str], None], slack: int) -> None:
        self._ip = ip
        self._count = count
        self._slack = slack
        self._own_setup = self._own_plain = False
        #: Whether the peer's SYNs were ECN-setup ones, by the number of each that may have opened.
        self._syns: dict[int, set[bool]] = {}
        #: One past the marked text that ACKs have to echo; None while they need not.
        self._echo: int | None = None
        #: Whether one has echoed it.
        self._echoed = False
        self._high: int | None = None
        #: Text that the target has sent and the peer has not acknowledged.
        self.flight: deque[Text] = deque()
        self._acked = LEAST_MTU[ip]
        self._too_big: TooBig | None = None
        self._all_have_df = False
        self._warned = False

    def anew(self) -> Network:
        """Of another connection between the same ends."""
        return Network(self._ip, self._count, self._slack)

    # -- what comes ------------------------------------------------------------------------------

    def hears_syn(self, syn: Segment) -> None:
        """A SYN or SYN,ACK of the peer's that may belong to the handshake."""
        self._syns.setdefault(syn.seq, set()).add(_is_setup(syn.flags))

    def opened_by(self, numbers: Iterable[int]) -> None:
        """Which SYNs may have opened the connection; others do not count (3.10.7.4)."""
        if len(self._syns) > 1:
            left = {seq: self._syns[seq] for seq in {*numbers} if seq in self._syns}
            self._syns = left or self._syns

    def hears(self, segment: Segment, *, marked: bool) -> None:
        """A segment of the peer's; `marked`: its text is CE, and has been taken for sure."""
        if segment.flags & CWR:
            self._echo = None
        elif marked and self.agreed:
            self._echoed = self._echoed and self._echo is not None
            self._echo = (segment.seq + len(segment.payload)) & 0xFFFFFFFF

    def acknowledged(self, una: int) -> None:
        """SND.UNA after the peer's segment."""
        flight = self.flight
        while flight and offset(una, flight[0].end) >= 0:
            self._acked = max(self._acked, flight.popleft().octets)
        if self._too_big is not None and offset(una, self._too_big.seq) > 0:
            self._too_big = None

    def too_big(self, seq: int, mtu: int, now: int) -> None:
        """A router tells that the segment at `seq` was too big for a link of `mtu` octets."""
        self._warned = True
        for text in self.flight:
            if text.seq == seq and text.df and LEAST_MTU[self._ip] <= mtu < text.octets:
                self._too_big = TooBig(seq, mtu, now, again=mtu < self._acked)

    @property
    def agreed(self) -> bool:
        """Whether the target has to heed marks (6.1.1)."""
        return self._own_setup and self._peer(setup=True) and not self._peer(setup=False)

    def _peer(self, *, setup: bool) -> bool:
        return any(setup in syns for syns in self._syns.values())

    # -- what goes -------------------------------------------------------------------------------

    def wrong(self, ip: IPv4 | IPv6, segment: Segment, octets: int, now: int) -> Refusal | None:
        """What stands against a segment of the target's in a datagram of `octets`."""
        if segment.flags & RST or segment.flags & AE:
            return None
        if segment.flags & SYN:
            return self._syn(ip, segment)
        payload = segment.payload
        if not payload:
            return self._ecn(ip, segment, old=False)
        end = (segment.seq + len(payload)) & 0xFFFFFFFF
        old = self._high is not None and offset(end, self._high) <= 0
        wrong = self._ecn(ip, segment, old=old)
        if not old:
            self._high = end
            df = isinstance(ip, IPv4) and bool(ip.flags & DF)
            self.flight.append(Text(segment.seq, end, octets, df or self._ip == 6))
        elif self._too_big is not None:
            wrong = self._size(segment, octets, now) or wrong
        return self._fragment(ip) or wrong

    def _ecn(self, ip: IPv4 | IPv6, segment: Segment, *, old: bool) -> Refusal | None:
        mark = codepoint(ip)
        if not mark and not self._own_setup:
            return None
        return self._mark(mark, segment, old=old) or self._flags(segment, old=old)

    def _syn(self, ip: IPv4 | IPv6, segment: Segment) -> Refusal | None:
        self._high = (segment.seq + 1) & 0xFFFFFFFF
        setup = _is_setup(segment.flags)
        self._own_setup = self._own_setup or setup
        self._own_plain = self._own_plain or not setup
        self._count("RFC3168:6.1.1-SYN-NOECT")
        if codepoint(ip):
            return Refusal("RFC3168:6.1.1-SYN-NOECT", "a SYN that is ECT", "not-ECT")
        if segment.flags & ACK and setup:
            self._count("RFC3168:6.1.1-SYNACK-MUSTNOT")
            if not self._peer(setup=True):
                why = "ECE on a SYN,ACK that no SYN has asked for"
                return Refusal("RFC3168:6.1.1-SYNACK-MUSTNOT", why, "neither ECE nor CWR")
        return None

    def _mark(self, mark: int, segment: Segment, *, old: bool) -> Refusal | None:
        agreed = self._own_setup and self._peer(setup=True)
        if not mark:
            return None
        if not agreed or self._own_plain:
            why = "ECT without an agreement on ECN"
            return self._refuse("RFC3168:6.1.1-NO-ECT-UNNEG", why, "not-ECT")
        if self._peer(setup=False):
            return self._refuse("RFC3168:6.1.1-MIXED", "ECT after a SYN without ECN", "not-ECT")
        if not segment.payload and not segment.flags & FIN:
            return self._refuse("RFC3168:6.1.4-PUREACK", "a bare ACK that is ECT", "not-ECT")
        if segment.payload and old:
            return self._refuse("RFC3168:6.1.5-RETX", "text sent again that is ECT", "not-ECT")
        return None

    def _flags(self, segment: Segment, *, old: bool) -> Refusal | None:
        flags = segment.flags
        if self.agreed and segment.payload and old:
            self._count("RFC3168:6.1.5-RETX")
            if flags & CWR:
                return self._refuse("RFC3168:6.1.2-CWR-NOT-RETX", "CWR on text sent again", "none")
        if self._echo is None or not flags & ACK or offset(segment.ack, self._echo) < 0:
            return None
        self._count("RFC3168:6.1.3-ECE")
        if not flags & ECE:
            clause = "RFC3168:6.1.3-ECE"
            if self._echoed:
                clause = "RFC3168:6.1.3-ECE-LATCH"
            elif offset(segment.ack, self._echo) > 1:
                clause = "RFC3168:6.1.3-DELACK"  # It is for later text as well.
            return Refusal(clause, "no ECE, although CE has come", "ECE until CWR")
        self._echoed = True
        return None

    def _size(self, segment: Segment, octets: int, now: int) -> Refusal | None:
        """The text that a router could not pass on, as large again."""
        told = self._too_big
        if told is None or now - told.at < self._slack:
            return None
        behind = offset(told.seq, segment.seq)
        if not 0 <= behind < len(segment.payload):
            return None
        self._count(REDUCE[self._ip])
        if octets <= told.mtu:
            return None
        if told.again:
            self._too_big = told._replace(again=False)
            return None
        why = f"{octets} octets again, although a router has told an MTU of {told.mtu}"
        return Refusal(REDUCE[self._ip], why, f"at most {told.mtu} octets")

    def _fragment(self, ip: IPv4 | IPv6) -> Refusal | None:
        """DF does not come and go, but for what routers tell (RFC 1191, 3)."""
        if not isinstance(ip, IPv4) or self._warned:
            return None
        if not ip.flags & DF:
            return self._refuse("RFC1191:3-DF", "DF clear", "DF") if self._all_have_df else None
        if self._all_have_df:
            self._count("RFC1191:3-DF")
        self._all_have_df = True
        return None

    def _refuse(self, clause: str, why: str, allowed: str) -> Refusal:
        self._count(clause)
        return Refusal(clause, why, allowed)


def codepoint(ip: IPv4 | IPv6) -> int:
    """The ECN codepoint of a datagram (RFC 3168, 5)."""
    return (ip.tos if isinstance(ip, IPv4) else ip.traffic_class) & 3


def _is_setup(flags: int) -> bool:
    """Whether a SYN or SYN,ACK is an ECN-setup one (6.1.1)."""
    return flags & (ECE | CWR | AE) == (ECE if flags & ACK else ECE | CWR)
