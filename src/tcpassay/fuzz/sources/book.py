"""A peer's book: where both sides of each connection of a case stand, as far as its steps tell.

Nothing here has seen the stack: the book supposes one that takes what is right, agrees to every
option and sends what it may. So what is written by it is right mostly, and nearly right otherwise.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import PER_PORT, Do, Send
from tcpassay.wire import (
    ACK,
    FIN,
    NOP,
    RST,
    SYN,
    SackPermitted,
    Timestamps,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.wire import Option

#: Flaws with which a segment is taken all the same.
HARMLESS = frozenset({"ttl", "tos", "reserved", "pad"})
#: What a stack may have in flight at first (RFC 6928), and what a peer takes for its buffer.
INITIAL_FLIGHT, BUFFER = 14_600, 65_535


@lru_cache(maxsize=256)
def stamped(tick: int) -> tuple[Option, ...]:
    """The timestamp of a right segment, `tick` after its SYN's."""
    return (NOP, NOP, Timestamps(tick, 0))


class Conn:
    """One connection. Numbers count from where each side has started.

    `nxt` is the peer's next number, `stack` the stack's; `acked` the newest number that the peer
    has acknowledged, `said` one behind the last that the application has given to send. `ahead` is
    text that lies behind a hole; `unread` how much the application may receive. close() of an
    `abrupt` one resets it.
    """

    __slots__ = (
        "abrupt", "acked", "ahead", "alive", "app", "begun", "number", "nxt", "offer",
        "open", "peer_fin", "sack", "said", "shift", "stack", "stack_fin", "stamps", "tick",
        "unread",
    )  # fmt: skip

    def __init__(self, number: int) -> None:
        self.number = number
        self.app = ""
        self.restart()

    def restart(self) -> None:
        """As before the first segment."""
        self.begun = self.open = self.peer_fin = self.stack_fin = False
        self.alive = True
        self.nxt = 0
        self.stack = self.acked = self.said = 1
        self.offer, self.shift = BUFFER, 0
        self.abrupt = False
        self.unread = self.tick = 0
        self.ahead: list[tuple[int, int]] = []
        self.stamps = self.sack = False

    def copy(self) -> Conn:
        """The same once more."""
        made = Conn.__new__(Conn)
        (
            made.abrupt, made.acked, made.alive, made.app, made.begun, made.number,
            made.nxt, made.offer, made.open, made.peer_fin, made.sack, made.said, made.shift,
            made.stack, made.stack_fin, made.stamps, made.tick, made.unread,
        ) = _PLAIN(self)  # fmt: skip
        made.ahead = self.ahead.copy()
        return made

    @property
    def over(self) -> bool:
        """Whether nothing of it is left but TIME-WAIT."""
        return not self.alive or (self.peer_fin and self.stack_fin and self.acked == self.said)

    def options(self) -> tuple[Option, ...]:
        """Those of the next right segment."""
        if not self.stamps:
            return ()
        self.tick += 1
        return stamped(self.tick)

    # -- the peer's segments ---------------------------------------------------------------------

    def begins(self, step: Send) -> None:
        """A SYN of the peer's, with ACK or without."""
        if self.begun and self.over:
            app = self.app
            self.restart()
            self.app = app if step.flags & ACK else ""
        elif self.begun and step.seq + 1 != self.nxt:
            return
        self.begun = True
        self.nxt = step.seq + 1
        self.offer = step.window
        for option in step.options:
            if isinstance(option, WindowScale):
                # RFC 7323, 2.3: a larger shift counts as 14.
                self.shift = min(14, option.shift)
            elif isinstance(option, Timestamps):
                self.stamps = True
            elif isinstance(option, SackPermitted):
                self.sack = True

    def takes(self, seq: int, size: int, *, fin: bool) -> None:
        """Text of the peer's from `seq` on, and FIN behind it."""
        nxt = self.nxt
        if self.peer_fin:
            return
        if seq > nxt:
            if size and seq + size <= nxt + BUFFER - self.unread:
                self.ahead.append((seq, size))
            return
        fresh = seq + size - nxt
        if fresh > 0:
            self.unread += fresh
            self.nxt = nxt = seq + size
        if self.ahead:
            self._joins()
        elif fin and seq + size == nxt:
            self.peer_fin = True
            self.nxt = nxt + 1

    def _joins(self) -> None:
        self.ahead.sort()
        while self.ahead and self.ahead[0][0] <= self.nxt:
            seq, size = self.ahead.pop(0)
            if seq + size > self.nxt:
                self.unread += seq + size - self.nxt
                self.nxt = seq + size

    # -- the stack's -----------------------------------------------------------------------------

    def lets_out(self) -> None:
        """What window and flight permit is out."""
        if self.open:
            edge = self.acked + min(self.offer << self.shift, INITIAL_FLIGHT + self.acked)
            self.stack = max(self.stack, min(self.said, edge))

    def gives(self, size: int) -> None:
        """The application gives octets to send."""
        if not self.stack_fin:
            self.said += size
            self.lets_out()

    def ends(self) -> None:
        """The application has no more to send."""
        if not self.stack_fin:
            self.stack_fin = True
            self.said += 1
            self.lets_out()


_PLAIN = attrgetter(*(name for name in Conn.__slots__ if name != "ahead"))


class Book:
    """The connections of a case, and its steps so far."""

    __slots__ = ("conns", "everyone", "listening", "names", "queue", "slots", "steps")

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.steps: list[Step] = []
        self.conns: dict[int, Conn] = {}
        #: The same, in the order in which they have come up.
        self.everyone: list[Conn] = []
        self.slots: dict[str, Conn] = {}
        #: Open ones that wait for accept().
        self.queue: list[Conn] = []
        self.listening = False
        #: Counts the names given to descriptors.
        self.names = 0
        for step in steps:
            self.add(step)

    def add(self, step: Step) -> None:
        """One more step, and what it changes."""
        self.steps.append(step)
        if isinstance(step, Send):
            self._sent(step)
        elif isinstance(step, Do):
            self._called(step)

    def copy(self) -> Book:
        """A book of its own with the same in it."""
        made = Book()
        made.steps = self.steps.copy()
        twins = {conn: conn.copy() for conn in self.everyone}
        made.everyone = list(twins.values())
        made.conns = {number: twins[conn] for number, conn in self.conns.items()}
        made.slots = {slot: twins[conn] for slot, conn in self.slots.items()}
        made.queue = [twins[conn] for conn in self.queue]
        made.listening, made.names = self.listening, self.names
        return made

    def conn(self, number: int) -> Conn:
        """The connection of a number."""
        conn = self.conns.get(number)
        if conn is None:
            conn = self.conns[number] = Conn(number)
            self.everyone.append(conn)
        return conn

    def name(self) -> str:
        """A name for one more descriptor."""
        self.names += 1
        return f"c{self.names}"

    # -- segments --------------------------------------------------------------------------------

    def _sent(self, step: Send) -> None:
        conn = self.conns.get(step.conn) or self.conn(step.conn)
        if step.flaws and not all(name in HARMLESS for name, _ in step.flaws):
            return
        flags = step.flags
        if flags & RST:
            if step.seq == conn.nxt and conn.begun:
                conn.alive = False
        elif flags & SYN:
            if self.listening or conn.app:
                conn.begins(step)
            if flags & ACK and step.ack == 1 and conn.app and conn.begun:
                conn.open = True
                conn.lets_out()
        elif flags & ACK and conn.begun and step.ack is not None:
            self._acknowledged(conn, step)

    def _acknowledged(self, conn: Conn, step: Send) -> None:
        ack = step.ack or 0
        if ack > conn.stack or not conn.alive:
            return
        if not conn.open:
            if ack != 1 or step.seq > conn.nxt + BUFFER:
                return
            conn.open = True
            if not conn.app and step.conn < PER_PORT:
                self.queue.append(conn)
        conn.acked = max(conn.acked, ack)
        conn.offer = step.window
        if conn.stack < conn.said:
            conn.lets_out()
        if step.data or step.flags & FIN:
            conn.takes(step.seq, step.data, fin=bool(step.flags & FIN))

    # -- calls -----------------------------------------------------------------------------------

    def _called(self, step: Do) -> None:
        call = step.call
        if call == "listen":
            self.listening = True
        elif call == "accept4":
            if self.queue:
                self._names(step.gives, self.queue.pop(0))
        elif call == "connect":
            for tag, value in step.args:
                if tag == "address" and isinstance(value, tuple) and value[0] == "peer":
                    self._names(step.on, self.conn(value[1]))
        elif step.on == "listener":
            if call == "close":
                self.listening = False
                self.queue.clear()
        else:
            conn = self.slots.get(step.on)
            if conn is not None:
                self._of(conn, step)

    def _names(self, slot: str, conn: Conn) -> None:
        conn.app = slot
        self.slots[slot] = conn
        self.names = max(self.names, int(slot[1:]) if slot[1:].isdecimal() else 0)

    def _of(self, conn: Conn, step: Do) -> None:
        call = step.call
        if call == "send":
            conn.gives(next((v for tag, v in step.args if tag == "text" and isinstance(v, int)), 0))
        elif call == "recv":
            size = next((v for tag, v in step.args if tag == "length" and isinstance(v, int)), 0)
            conn.unread = max(0, conn.unread - size)
        elif call == "shutdown":
            if ("name", "SHUT_RD") not in step.args:
                conn.ends()
        elif call == "setsockopt":
            if ("linger", (1, 0)) in step.args:
                conn.abrupt = True
        elif call == "close":
            if conn.unread or conn.abrupt:
                conn.alive = False
            conn.ends()
            self.slots.pop(step.on, None)
            conn.app = ""
