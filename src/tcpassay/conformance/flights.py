"""Bulk text from the target, counted in full segments: for cases about loss and congestion."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Literal

from tcpassay.conformance.layers import TCP
from tcpassay.conformance.outcome import Unsupported
from tcpassay.conformance.peer import PEER_WINDOW
from tcpassay.conformance.reach import listener, syn_sent
from tcpassay.conformance.stamped import FIRST_STAMP, Clock
from tcpassay.core.clock import seconds
from tcpassay.core.seq import Seq
from tcpassay.wire import NOP, MaximumSegmentSize, Sack, SackPermitted, Timestamps

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.wire import Option, Segment

MSS = 536
#: What a burst is waited for, in seconds: less than any retransmission timer.
SETTLE = 0.02
#: The longest first time-out, in seconds (RFC 6298, 2.1 and 5.7).
TIME_OUT = 3.5

#: Numbers of segments, the last one not included.
Span = tuple[int, int]


def offering(*, mss: int = MSS, sack: bool = False, stamps: bool = False) -> tuple[Option, ...]:
    """Options of the peer's SYN."""
    offered: list[Option] = [MaximumSegmentSize(mss)]
    if sack:
        offered += [NOP, NOP, SackPermitted()]
    if stamps:
        offered += [NOP, NOP, Timestamps(FIRST_STAMP, 0)]
    return tuple(offered)


def opened(
    bench: Bench,
    options: tuple[Option, ...],
    way: Literal["listen", "connect"] = "listen",
    *,
    window: int = PEER_WINDOW,
) -> Connection:
    """A connection whose peer has offered these options; its socket is `conn.app`."""
    with bench.reaching("ESTABLISHED"):
        if way == "connect":
            conn, pending = syn_sent(bench)
            conn.window = window
            conn.send("SA", options=options)
            conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
            pending.expect_return(0)
            return conn
        sock = listener(bench)
        conn = bench.connection()
        conn.window = window
        conn.send("S", options=options)
        answer = conn.expect("SA", ack=conn.peer.snd.nxt).segment
        if any(isinstance(option, SackPermitted) for option in options):
            bench.check(permits_sack(answer), True, "SACK agreed")
        stamped = any(isinstance(option, Timestamps) for option in options)
        conn.send("A", options=Clock(conn).option() if stamped else ())
        conn.app = sock.accept()
    return conn


def permits_sack(segment: Segment) -> bool:
    """Whether a segment carries SACK-permitted."""
    return any(isinstance(option, SackPermitted) for option in segment.options)


def blocks_of(segment: Segment) -> list[tuple[int, int]]:
    """The blocks of a segment's SACK option, edges as they stand there; none without one."""
    return [block for o in segment.options if isinstance(o, Sack) for block in o.blocks]


def in_use(conn: Connection) -> Connection:
    """The connection, when an octet of text has been acknowledged.

    RFC 6582, 3.2 has `recover` begin at the ISS and wants an ACK that covers more: by its letter
    there is no fast retransmit before that.
    """
    with conn.bench.reaching("an acknowledged octet"):
        conn.app.send(b"x")
        conn.expect("A", payload=b"x")
    conn.send("A")
    return conn


class Flight:
    """Text on its way from the target, in segments of `mss` octets that are counted from 0.

    The application hands over `segments` of them, at once or `apart_s` seconds apart: then time is
    what the case is about, and only what the kernel's stamps say counts (`timing=True`). `came` is
    the number of each segment that has arrived, in order, repetitions included.
    """

    def __init__(
        self, conn: Connection, segments: int, *, mss: int = MSS, apart_s: float = 0.0
    ) -> None:
        longest = conn.bench.manifest.limits.mss
        if mss > longest:
            msg = f"segments of {mss} octets: the target's have {longest} (limits.mss)"
            raise Unsupported(msg)
        self.conn = conn
        self.mss = mss
        self._by_stamps = apart_s > 0
        self.first = conn.target.snd.nxt
        self.text = Random(0).randbytes(segments * mss)
        self.came: list[int] = []
        rest = self.text
        while apart_s and len(rest) > mss:
            conn.app.send(rest[:mss])
            conn.bench.wait(apart_s)
            rest = rest[mss:]
        self.writing = conn.app.begin_send(rest)

    def seq(self, number: int) -> int:
        """The sequence number at which a segment begins."""
        return int(self.first + number * self.mss)

    def arrive(self, settle: float = SETTLE) -> list[int]:
        """The segments that come within `settle` seconds, by their numbers."""
        until_ns = self.conn.bench.now_ns + seconds(settle)
        self.conn.bench.wait(settle)
        taken = self.conn.drop_arrivals(until_ns if self._by_stamps else None)
        numbers = [self._number(arrival) for arrival in taken if arrival.segment.payload]
        self.came += numbers
        return numbers

    def initial(self) -> int:
        """How many segments come before anything is acknowledged; the case is over without any."""
        bench = self.conn.bench
        numbers = self.arrive()
        with bench.reaching("the first flight"):
            bench.check(numbers, list(range(len(numbers))), "segments in order")
            bench.check(len(numbers) > 0, True, "text has come")
        return len(numbers)

    def ack(self, upto: int, *spans: Span, settle: float = SETTLE) -> list[int]:
        """Acknowledge all segments before `upto`, report these; what comes then."""
        options: list[tuple[str, object]] = []
        if spans:
            edges = tuple(self.seq(number) for span in spans for number in span)
            options = [("NOP", None), ("NOP", None), ("SAck", edges)]
        self.conn.send(TCP(flags="A", ack=self.seq(upto), options=options))
        return self.arrive(settle)

    def ack_each(self, start: int, stop: int) -> list[int]:
        """Acknowledge the segments `start` to before `stop` one by one; what comes then."""
        for number in range(start + 1, stop + 1):
            self.conn.send("A", ack=self.seq(number))
        return self.arrive()

    def time_out(self, number: int) -> Arrival:
        """Wait until the timer sends a segment again; the case is over if it does not."""
        with self.conn.bench.reaching("a time-out"):
            start = number * self.mss
            text = self.text[start : start + self.mss]
            again = self.conn.expect("A", seq=self.seq(number), payload=text, within=TIME_OUT)
        self.came.append(number)
        return again

    def _number(self, arrival: Arrival) -> int:
        return Seq(arrival.segment.seq).distance(self.first) // self.mss


def sack_size(bench: Bench) -> int:
    """Octets of a full segment where SACK is agreed and the peer takes `MSS` octets."""
    return MSS - bench.manifest.limits.sack_room


def sack_flight(conn: Connection, segments: int, *, apart_s: float = 0.0) -> Flight:
    """A flight on a connection with SACK."""
    return Flight(conn, segments, mss=sack_size(conn.bench), apart_s=apart_s)
