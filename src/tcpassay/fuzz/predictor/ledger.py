"""What a case has come to: its connections, what they owe, and what the case is told by."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.fuzz.predictor import departures
from tcpassay.fuzz.predictor.connection import Connection
from tcpassay.fuzz.predictor.names import TOLD
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.limits import CHALLENGES, THROTTLE_NS
from tcpassay.model.oracle.numbers import InitialNumbers
from tcpassay.model.oracle.oracle import _from_nowhere
from tcpassay.wire import IPv4, IPv6
from tcpassay.wire.checksum import text4, text6

if TYPE_CHECKING:
    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.predictor.sockets import Socket
    from tcpassay.model.oracle.limits import Limits

#: Timers are looked at again when so much time has passed: less than the shortest takes.
_LOOK_NS = 2 * NS_PER_S


#: MUST-40: an ACK is delayed by less than this.
_DELAY_NS = NS_PER_S // 2


class Ledger:
    """Connections by their ends, what they owe, and the triples of the case so far."""

    def __init__(self, addresses: tuple[str, ...], limits: Limits) -> None:
        self._addresses = frozenset(addresses)
        self._slack = limits.slack
        self._limits = limits
        self._mtu = limits.mtu or 1 << 16
        self._delay = _DELAY_NS + limits.slack
        self.virtual = not limits.slack
        self.begins()

    def begins(self) -> None:
        """Another case."""
        self._inbound: dict[bytes, Connection] = {}
        self._outbound: dict[bytes, Connection] = {}
        #: Addresses of the target's and the peer's between which pieces have come.
        self._opaque: set[tuple[str, str]] = set()
        #: The connection that the last segment or call was for.
        self.touched: Connection | None = None
        self._challenges: deque[int] = deque(maxlen=CHALLENGES)
        #: SYNs of the target's: which ends, which number, when.
        self._numbers: list[tuple[Connection, int, int]] = []
        self._until = self._wait_from = 0
        self.listeners: list[Socket] = []
        self.connecting: list[Socket] = []
        #: Connections that owe something, or of which more than one way is followed.
        self.owing: list[Connection] = []
        #: Nothing that is owed is over before this.
        self.due_at = NEVER
        self.refused_at: int | None = None
        self.why = ""
        self.triples: list[tuple[str, str, str]] = []

    # -- what the case is told by ------------------------------------------------------------------

    def refuse(self, n: int, why: str) -> None:
        """An answer was not the expected one."""
        if self.refused_at is None:
            self.refused_at, self.why = n, why

    def hears(self, state: str, what: str) -> None:
        """A segment or a call has arrived."""
        self.triples.append((state, what, "none"))
        self._wait_from = 0

    def answered(self, how: str) -> None:
        """An answer to it; what nothing has arrived before is not told of."""
        triples = self.triples
        if triples:
            state, what, before = triples[-1]
            if before != "none":
                how = _both(before, how)
            triples[-1] = state, what, how

    # -- time --------------------------------------------------------------------------------------

    def owes(self, conn: Connection) -> None:
        """Note that a connection owes something."""
        self.due_at = 0
        if not conn.listed:
            conn.listed = True
            self.owing.append(conn)

    def settle(self, late: int, n: int) -> None:
        """What was due before `late` and has not come; what was for one step is over."""
        first = NEVER
        if self._until >= late:
            late, first = self._until + 1, 0
        rest: list[Connection] = []
        for conn in self.owing:
            if conn.several is not None:
                self._settle_ways(conn, late, n)
            elif conn.ack_by < late or conn.due_by < late:
                self._missed(conn, n)
            conn.grace = 0
            by = conn.ack_by if conn.ack_by < conn.due_by else conn.due_by
            if conn.several is not None:
                by = 0
            if by == NEVER:
                conn.listed = False
            else:
                rest.append(conn)
                first = min(first, by)
        self.owing, self.due_at = rest, first

    def _settle_ways(self, conn: Connection, late: int, n: int) -> None:
        ways = conn.ways()
        left = [h for h in ways if h.ack_by >= late and h.due_by >= late]
        if not left:
            self._missed(conn, n)
        elif len(left) < len(ways):
            conn.become(left)

    def _missed(self, conn: Connection, n: int) -> None:
        if not conn.opaque:
            self.refuse(n, f"{conn.state}: no answer")
        conn.several = None
        conn.ack_by = conn.due_by = NEVER
        conn.due = None

    def settle_before(self, now: int, n: int) -> None:
        """A segment of the target's at a later time than what came before it."""
        if self.virtual or (self._wait_from and now > self._wait_from + self._slack):
            self.settle(now, n)

    def waits(self, until: int, now: int, _n: int) -> None:
        """The tester lets time pass."""
        self._wait_from = now
        if not self.virtual:
            self._until, self.due_at = until, 0

    def looks_at_timers(self, now: int, n: int) -> int:
        """Whether something should have been sent again by now; and when to look again."""
        again = now + _LOOK_NS
        for conn in self._inbound.values():
            due = departures.timer(conn)
            if due <= now:
                self.refuse(n, f"{conn.state}: nothing sent again")
            elif due < again:
                again = due
        return again

    def ends(self, last: Entry) -> None:
        """The case is over; `last` is its last entry."""
        until = last.data if last.kind == "advance" and isinstance(last.data, int) else 0
        now = max(last.t_ns, until)
        self.looks_at_timers(now, last.n)
        self.settle(now + 1, last.n)
        self.moves_on(last.n)
        self._judge_numbers(last.n)

    def moves_on(self, n: int) -> None:
        """Another command: what the last one has made due at once has gone out."""
        if self.touched is not None and self.touched.holds_back:
            self.refuse(n, "nothing was sent, and nothing held it back")
        self.touched = None

    def _throttled(self, now: int) -> bool:
        """RFC 5961, 7: whether a throttle may keep back one more challenge."""
        met = self._challenges
        full = len(met) == CHALLENGES and now - met[0] < THROTTLE_NS
        met.append(now)
        return full

    def _judge_numbers(self, n: int) -> None:
        """ISNs: of one tuple they move with the clock, of several they do not look alike."""
        if len(self._numbers) < 2:
            return
        numbers = InitialNumbers()
        for conn, iss, now in self._numbers:
            key = (*conn.local, *conn.remote)
            if numbers.picked(key, iss, now, now) is not None:
                self.refuse(n, "an ISN")

    # -- which connection ------------------------------------------------------------------------

    def listener(self, conn: Connection) -> Socket | None:
        """The listening socket that a segment of this tuple is for."""
        address, port = conn.local
        for socket in reversed(self.listeners):
            if socket.takes(address, port):
                return socket
        return None

    def waiting(self, port: int, remote: tuple[str, int]) -> Connection | None:
        """The newest tuple of a local port and a remote end that has not been handed out."""
        for conn in reversed(self._inbound.values()):
            if conn.remote == remote and conn.local[1] == port and not conn.accepted:
                return conn
        return None

    def state(self, local: tuple[str, int], remote: tuple[str, int]) -> str:
        """Where the newest connection between two ends stands."""
        for conn in self._inbound.values():
            if (conn.local, conn.remote) == (local, remote):
                return conn.state
        return "CLOSED"

    def _meets(self, inbound: bytes) -> Connection:
        """The first of a tuple; its key as it stands in the peer's datagrams."""
        half = (len(inbound) - 4) // 2
        src, dst = inbound[:half], inbound[half : 2 * half]
        sport, dport = inbound[-4:-2], inbound[-2:]
        local, remote, nowhere = _ends(src, dst)
        conn = Connection(
            6 if half == 16 else 4,
            (local, int.from_bytes(dport, "big")),
            (remote, int.from_bytes(sport, "big")),
        )
        conn.elsewhere = local not in self._addresses
        conn.nowhere = nowhere
        conn.opaque = (local, remote) in self._opaque
        conn.special = conn.elsewhere or conn.nowhere or conn.opaque
        self._inbound[inbound] = self._outbound[dst + src + dport + sport] = conn
        return conn

    def _leave_opaque(self, local: str, remote: str) -> None:
        """What comes in pieces is not put together: nothing is said of these two hosts."""
        self._opaque.add((local, remote))
        for conn in self._inbound.values():
            if (conn.local[0], conn.remote[0]) == (local, remote):
                conn.opaque = conn.special = True

    def _renewed(self, inbound: bytes, old: Connection) -> Connection:
        """A new connection between two ends that have had one; its socket keeps the old one."""
        new = self._meets(inbound)
        new.follows_waiting = not old.accepted
        return new

    def _connects(self, conn: Connection) -> Socket | None:
        """The socket of the connect() that a SYN is of."""
        for socket in self.connecting:
            port = socket.local[1]
            if socket.remote == conn.remote and (not port or port == conn.local[1]):
                self.connecting.remove(socket)
                socket.conn, socket.local = conn, conn.local
                return socket
        return None


@lru_cache(1024)
def _ends(src: bytes, dst: bytes) -> tuple[str, str, bool]:
    """Addresses of a peer's datagram: the target's, the peer's, and whether that is nobody's."""
    if len(src) == 16:
        local, remote = text6(dst), text6(src)
        return local, remote, _from_nowhere(IPv6(remote, local))
    local, remote = text4(int.from_bytes(dst, "big")), text4(int.from_bytes(src, "big"))
    return local, remote, _from_nowhere(IPv4(remote, local))


def _both(before: str, how: str) -> str:
    """Answers told one by one, up to TOLD of them."""
    if before.count("; ") < TOLD - 1:
        return f"{before}; {how}"
    return before if before.endswith(" ...") else before + " ..."
