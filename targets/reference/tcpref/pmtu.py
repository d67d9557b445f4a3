"""Path MTU discovery (RFC 1191, RFC 8201), with the checks of RFC 5927, section 7.

All datagrams have DF set. A router that cannot pass one on says so: fragmentation needed (ICMP) or
packet too big (ICMPv6). The estimate for the destination then goes down, never up, and what was
too big goes again at once in smaller pieces, which is no sign of congestion. After a time without
such a message the size of the first link is tried again.

Anybody may forge that message and make segments small for ever. So it has to quote a number in
flight (`icmp.quotes_flight`) and to name no more than has been sent. Below what has been
acknowledged already it is believed only once the segment has timed out as well: where segments
arrive, none were too big.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpref import loss_recovery, output, seq
from tcpref.addresses import FIXED_HEADERS
from tcpref.options import TIMESTAMP_OCTETS
from tcpref.tcb import OPENING
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.icmp import IcmpError, TooBig
    from tcpref.settings import Settings
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

SECOND = 1_000_000_000
#: What every link carries, by the octets of an address (RFC 1191, 3; RFC 8201, 4).
LEAST = {4: 68, 16: 1_280}
#: MTUs that are in use (RFC 1191, table 7-1), for routers that do not tell theirs.
PLATEAUS = (65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68)
#: A larger size is not tried sooner after a message (RFC 1191, 3; RFC 8201, 4), nanoseconds.
SOONEST_INCREASE = 300 * SECOND


class Learned(NamedTuple):
    """The MTU of a path, and until when it counts; None for ever."""

    mtu: int
    until: int | None


class PathTable:
    """What has been learned about paths, by destination. The one learned first makes room."""

    __slots__ = ("_learned", "_room", "_wait")

    def __init__(self, settings: Settings) -> None:
        self._learned: dict[bytes, Learned] = {}
        self._room = settings.path_mtu_destinations
        self._wait = settings.path_mtu_ageing_s * SECOND

    def __len__(self) -> int:
        return len(self._learned)

    def learn(self, remote: bytes, mtu: int, now: int) -> Learned:
        """A message has come about the path to `remote`; its age counts from `now`."""
        known = self._learned.pop(remote, None)
        if known is not None:
            mtu = min(mtu, known.mtu)
        until = now + max(SOONEST_INCREASE, self._wait) if self._wait else None
        learned = Learned(mtu, until)
        while self._learned and len(self._learned) >= self._room:
            del self._learned[next(iter(self._learned))]
        if self._room:
            self._learned[remote] = learned
        return learned

    def find(self, remote: bytes, now: int) -> Learned | None:
        """What is known about the path to `remote`; what has become too old is forgotten."""
        known = self._learned.get(remote)
        if known is not None and known.until is not None and known.until <= now:
            del self._learned[remote]
            return None
        return known


class Path:
    """The path of one connection: the estimate, and how large its datagrams have been.

    `mtu` is None while only the first link limits them. `sent` is the largest datagram so far and
    `end` the number behind it; `acked` the largest that is known to have been acknowledged.
    `pending` is a message, by the number quoted and the MTU, that is not believed yet.
    """

    __slots__ = ("acked", "end", "mtu", "pending", "sent", "timer")

    def __init__(self, tcb: Tcb, mtu: int | None = None) -> None:
        self.mtu = mtu
        self.sent = self.acked = LEAST[len(tcb.key[0])]
        self.end = tcb.snd_una
        self.pending: tuple[int, int] | None = None
        self.timer = Timer(TimerKind.PATH_MTU, tcb)


def begin(stack: Stack, tcb: Tcb) -> None:
    """A connection starts with what others have learned of its path.

    Without discovery an IPv4 datagram may be fragmented on its way. One of IPv6 may not, so that
    it must be of the size that every link carries (RFC 8200, 5).
    """
    remote = tcb.key[2]
    if stack.paths is None:
        tcb.largest_sent = PLATEAUS[0]
        if len(remote) == 16:
            tcb.path = Path(tcb, LEAST[16])
        return
    known = stack.paths.find(remote, stack.now) if stack.paths else None
    if known is not None:
        limit(stack, tcb, known)


def larger_sent(tcb: Tcb, number: int, options: int, text: int) -> None:
    """More text goes out than in any segment before (octets)."""
    path = tcb.path
    if path is None:
        path = tcb.path = Path(tcb)
    largest_acked(tcb, path)
    path.sent = FIXED_HEADERS[len(tcb.key[0])] + options + text
    path.end = seq.add(number, text)
    tcb.largest_sent = text


def largest_acked(tcb: Tcb, path: Path) -> int:
    """maxsizeacked: the largest datagram acknowledged (octets).

    The first of a size counts, and it is acknowledged once it is no longer in flight.
    """
    if not 0 < (path.end - tcb.snd_una) & seq.MASK <= tcb.flight:
        path.acked = max(path.acked, path.sent)
    return path.acked


def largest_now(tcb: Tcb) -> int:
    """Octets of the largest datagram that would be sent now."""
    stamps = TIMESTAMP_OCTETS if tcb.timestamps else 0
    return FIXED_HEADERS[len(tcb.key[0])] + stamps + tcb.snd_mss


def claimed_mtu(tcb: Tcb, message: TooBig) -> int | None:
    """What a message says the path carries; None where it may not be believed.

    A router that does not know RFC 1191 says 0: then it is the next plateau below the datagram it
    quotes, whose length some routers tell too large by its header (RFC 1191, 5).
    """
    least = LEAST[len(tcb.key[0])]
    if len(tcb.key[0]) == 16:
        return message.mtu if message.mtu >= least else None
    if message.mtu:
        return max(message.mtu, least)
    size = message.size
    if size >= largest_now(tcb):
        size -= message.header
    return next((plateau for plateau in PLATEAUS if plateau < size), least)


def too_big(stack: Stack, tcb: Tcb, error: IcmpError, message: TooBig) -> None:
    """A segment in flight was too big for a link on its path, or so it is said."""
    path, paths = tcb.path, stack.paths
    if path is None or paths is None:
        return
    mtu = claimed_mtu(tcb, message)
    if mtu is None or mtu > path.sent:
        return
    if mtu >= largest_now(tcb):
        if path.mtu is not None:
            limit(stack, tcb, paths.learn(tcb.key[2], path.mtu, stack.now))
        return
    if mtu < largest_acked(tcb, path) and not timed_out_enough(tcb):
        path.pending = (error.seq, mtu)
        return
    believe(stack, tcb, mtu)
    resend(stack, tcb)


def timed_out_enough(tcb: Tcb) -> bool:
    """Whether (nsegrto, MAXSEGRTO) the first segment in flight has timed out often enough."""
    return tcb.retransmissions >= tcb.settings.path_mtu_timeouts


def segment_timed_out(stack: Stack, tcb: Tcb, path: Path) -> None:
    """The retransmission timer has expired while a message waits to be believed.

    If what it quotes has been acknowledged meanwhile, it was false.
    """
    if path.pending is None:
        return
    number, mtu = path.pending
    if not seq.within(number, tcb.snd_una, tcb.flight):
        path.pending = None
    elif timed_out_enough(tcb):
        believe(stack, tcb, mtu)
        path.acked = mtu


def believe(stack: Stack, tcb: Tcb, mtu: int) -> None:
    """The estimate goes down, for each connection to that destination (RFC 1191, 6.2)."""
    path, paths, remote = tcb.path, stack.paths, tcb.key[2]
    if path is None or paths is None:
        return
    path.pending = None
    path.sent = LEAST[len(tcb.key[0])]
    tcb.largest_sent = 0
    learned = paths.learn(remote, mtu, stack.now)
    for other in stack.connections.values():
        if other.key[2] == remote:
            limit(stack, other, learned)


def limit(stack: Stack, tcb: Tcb, learned: Learned) -> None:
    """From now on no datagram is larger, until what has been learned is too old."""
    if tcb.path is None:
        tcb.path = Path(tcb)
    tcb.path.mtu = learned.mtu
    tcb.choose_size()
    if learned.until is not None:
        stack.timers.start(tcb.path.timer, learned.until)


def resend(stack: Stack, tcb: Tcb) -> None:
    """What was too big goes again at once (RFC 1191, 6.4); a full RTO passes before that does."""
    if tcb.state in OPENING or tcb.snd_wnd == 0:
        return
    tcb.retransmission.stop()
    loss_recovery.too_big(stack, tcb)
    output.arrange_timers(stack, tcb)


def aged(stack: Stack, tcb: Tcb) -> None:
    """The estimate is old: the size of the first link is tried again (RFC 1191, 6.3).

    Nothing is sent again for it. A later message about another connection still counts.
    """
    path = tcb.path
    if path is None or stack.paths is None:
        return
    learned = stack.paths.find(tcb.key[2], stack.now)
    if learned is not None:
        limit(stack, tcb, learned)
        return
    path.mtu = None
    tcb.choose_size()
    tcb.congestion.resized(tcb)
