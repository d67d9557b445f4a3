"""One connection between two stacks, told segment by segment: what docs/reference-stack.md lists.

Nothing here is written by hand: two stacks run on a link of 10 ms that loses three segments by
their number, and what crosses it is told as it is sent, with the states of both ends after it.
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from tcpref.assay import Assay, open_stack
from tcpref.ipv4 import parse_ipv4
from tcpref.segment import ACK, FIN, PSH, RST, SYN, Segment, parse_segment

MILLISECOND = 1_000_000
DELAY = 10 * MILLISECOND
CLIENT, SERVER = 0, 1
NAMES = ("client", "server")
ADDRESSES = ("192.0.2.1", "192.0.2.2")
PORT = 80
BITS = {"SYN": SYN, "FIN": FIN, "RST": RST, "PSH": PSH, "ACK": ACK}
#: Segments of the client that the link loses, counted from 1: a text that is made up for by three
#: duplicate ACKs, the last of a burst, for which there are none, and the last ACK.
LOST = frozenset({4, 11, 14})
FIRST, SECOND = 6 * 1_448, 2 * 1_448


class Walk:
    """Both stacks, the link between them, and the lines told so far."""

    def __init__(self) -> None:
        self.now = 0
        self.stacks: tuple[Assay, Assay] = (self._stack(CLIENT), self._stack(SERVER))
        self.lines: list[str] = []
        self.link: list[tuple[int, int, int, bytes]] = []
        self.order = count()
        self.ids = count(1)
        self.sent = [0, 0]
        self.first: dict[int, int] = {}
        self.returned: set[int] = set()
        self.local_port = 0

    def _stack(self, side: int) -> Assay:
        return open_stack({"seed": 5, "addresses": [ADDRESSES[side]], "settings": {}})

    # The two applications.
    def call(self, side: int, name: str, *args: tuple[str, object], told: str) -> int:
        """Start a call and tell of it; its id."""
        number = next(self.ids)
        self.tell(f"{NAMES[side]}: {told}")
        self.stacks[side].call(number, 0, name, args, self.now)
        self.collect(side)
        return number

    def wait(self, milliseconds: int | None = None, *, until: int | None = None) -> None:
        """Let time pass, or the link and the timers run until a call has returned."""
        end = None if milliseconds is None else self.now + milliseconds * MILLISECOND
        while until is None or until not in self.returned:
            at = self.next_event()
            if at is None or (end is not None and at > end):
                break
            self.step(at)
        if end is not None:
            self.now = max(self.now, end)

    def next_event(self) -> int | None:
        """When a datagram arrives or a timer expires."""
        times = [stack.next_timeout() for stack in self.stacks]
        due = [at for at in (*times, *(entry[0] for entry in self.link[:1])) if at is not None]
        return min(due) if due else None

    def step(self, at: int) -> None:
        """The next datagram or time-out."""
        self.now = max(self.now, at)
        before = [self.state(side) for side in (CLIENT, SERVER)]
        if self.link and self.link[0][0] <= self.now:
            _, _, side, datagram = heappop(self.link)
            self.stacks[side].on_datagram(datagram, self.now)
            self.collect(side)
        else:
            for side, stack in enumerate(self.stacks):
                stack.on_timer(self.now)
                self.collect(side)
        for side, old in enumerate(before):
            if self.state(side) == "CLOSED" != old:
                self.tell(f"{NAMES[side]}: {old} is over, CLOSED")

    # What is told.
    def collect(self, side: int) -> None:
        """Put what a stack has sent on the link, and note which calls have returned."""
        for event in self.stacks[side].take_output():
            if event[0] == "datagram" and isinstance(event[1], bytes):
                self.carry(side, event[1])
            elif event[0] == "return":
                self.returned.add(int(str(event[1])))

    def carry(self, side: int, datagram: bytes) -> None:
        """Tell of a segment, and deliver it later unless it is one of those to be lost."""
        segment = read(datagram)
        self.sent[side] += 1
        self.local_port = segment.src_port if side == CLIENT else segment.dst_port
        lost = side == CLIENT and self.sent[side] in LOST
        if not lost:
            heappush(self.link, (self.now + DELAY, next(self.order), 1 - side, datagram))
        self.first.setdefault(side, segment.seq)
        words = self.spell(side, segment) + ("   LOST" if lost else "")
        states = f"{self.state(CLIENT):>12} {self.state(SERVER):>12}"
        self.tell(f"{words:<56}{states}")

    def spell(self, side: int, segment: Segment) -> str:
        """A segment in one line; numbers count from each side's first."""
        flags = ",".join(name for name, bit in BITS.items() if segment.flags & bit)
        number = (segment.seq - self.first[side]) % 2**32
        size = len(segment.payload)
        span = f"{number}:{number + size}" if size else f"{number}"
        acked = (segment.ack - self.first.get(1 - side, 0)) % 2**32
        ack = f" ack {acked}" if segment.flags & ACK else ""
        mss = f" mss {segment.options.mss}" if segment.options.mss is not None else ""
        theirs = self.first.get(1 - side, 0)
        blocks = (
            f" sack {(left - theirs) % 2**32}:{(right - theirs) % 2**32}"
            for left, right in segment.options.sack
        )
        way = "-->" if side == CLIENT else "<--"
        return f"{way} {flags} seq {span}{ack}{mss}{''.join(blocks)}"

    def state(self, side: int) -> str:
        """The state of one end of the connection."""
        here, there = (ADDRESSES[side], self.port(side)), (ADDRESSES[1 - side], self.port(1 - side))
        return self.stacks[side].read_state(here, there)[0]

    def port(self, side: int) -> int:
        return self.local_port if side == CLIENT else PORT

    def tell(self, words: str) -> None:
        """One line, with the time in seconds before it."""
        self.lines.append(f"{self.now / 1_000_000_000:7.3f}  {words}")


def read(datagram: bytes) -> Segment:
    """The segment in a datagram; raises ValueError for one that is damaged."""
    packet = parse_ipv4(datagram)
    segment = packet and parse_segment(packet.src, packet.dst, packet.payload)
    if not isinstance(segment, Segment):
        msg = "a stack has sent a datagram that is damaged"
        raise ValueError(msg)  # noqa: TRY004 - its octets are wrong, not its type
    return segment


def listing() -> str:
    """The whole life of one connection, a line a call or a segment."""
    walk = Walk()
    made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)
    listener, child = ("fd", 3), ("fd", 4)
    here = ("address", (ADDRESSES[SERVER], PORT))
    for side in (SERVER, CLIENT):
        walk.call(side, "socket", *made, told="socket() = 3")
    walk.call(SERVER, "bind", listener, here, told=f"bind(3, {ADDRESSES[SERVER]}:{PORT})")
    walk.call(SERVER, "listen", listener, ("length", 5), told="listen(3, 5)")
    accept = walk.call(SERVER, "accept", listener, told="accept(3) sleeps")
    connect = walk.call(CLIENT, "connect", listener, here, told="connect(3) sleeps")
    walk.wait(until=connect)
    walk.tell("client: connect() = 0")
    walk.wait(until=accept)
    walk.tell("server: accept() = 4")
    for size, pause in ((FIRST, 200), (SECOND, 1_700)):
        octets = ("octets", bytes(size))
        walk.call(CLIENT, "send", listener, octets, ("flags", ()), told=f"send(3) of {size} octets")
        walk.wait(pause)
        told = f"recv(4) = {size} octets"
        walk.call(SERVER, "recv", child, ("length", size), ("flags", ()), told=told)
    walk.call(CLIENT, "close", listener, told="close(3)")
    walk.wait(300)
    walk.call(SERVER, "recv", child, ("length", 1), ("flags", ()), told="recv(4) = 0, the end")
    walk.call(SERVER, "close", child, told="close(4)")
    walk.wait()
    return "\n".join(walk.lines)
