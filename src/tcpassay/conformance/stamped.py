"""Connections with the options of RFC 7323, for cases: handshakes, stamped segments, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tcpassay.conformance.match import stamps_of
from tcpassay.conformance.reach import listener, syn_sent
from tcpassay.core.seq import Seq
from tcpassay.wire import NOP, MaximumSegmentSize, Timestamps, WindowScale

if TYPE_CHECKING:
    from tcpassay.conformance.app import Socket
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Arrival, Connection
    from tcpassay.wire import Option, Segment

#: What the peer's clock shows in its SYN, unless the case chooses.
FIRST_STAMP = 100_000
PEER_MSS = 1460


class Clock:
    """The peer's timestamp clock on one connection. It stands still unless the case moves it."""

    __slots__ = ("conn", "tsval")

    def __init__(self, conn: Connection, tsval: int = FIRST_STAMP) -> None:
        self.conn = conn
        self.tsval = tsval

    def option(self, tsval: int | None = None, tsecr: int | None = None) -> tuple[Option, ...]:
        """The option behind two paddings; it echoes the newest TSval unless told otherwise."""
        value = self.tsval if tsval is None else tsval
        return (NOP, NOP, Timestamps(value % 2**32, self.newest() if tsecr is None else tsecr))

    def newest(self) -> int:
        """TSval of the last segment of the target; 0 before there is one."""
        last = self.conn.last_arrival
        stamps = None if last is None else stamps_of(last.segment)
        return 0 if stamps is None else stamps.tsval

    def send(
        self,
        what: str = "A",
        *,
        tsval: int | None = None,
        tsecr: int | None = None,
        seq: int | None = None,
        ack: int | None = None,
        payload: bytes = b"",
        window: int | None = None,
    ) -> Segment:
        """Send a stamped segment of the connection. A `tsval` given moves no clock."""
        options = self.option(tsval, tsecr)
        return self.conn.send(
            what, seq=seq, ack=ack, payload=payload, window=window, options=options
        )

    def scapy(self, tsval: int | None = None, tsecr: int | None = None) -> list[tuple[str, object]]:
        """The option in Scapy's form, for segments that Scapy builds."""
        value = (self.tsval if tsval is None else tsval) % 2**32
        return [
            ("NOP", None),
            ("NOP", None),
            ("Timestamp", (value, self.newest() if tsecr is None else tsecr)),
        ]


def half_open(bench: Bench, tsval: int = FIRST_STAMP) -> Clock:
    """SYN and SYN-ACK, both with timestamps; a listener of the target is there."""
    conn = bench.connection()
    clock = Clock(conn, tsval)
    conn.send("S", options=(MaximumSegmentSize(PEER_MSS), *clock.option(tsecr=0)))
    conn.expect("SA", ack=conn.peer.snd.nxt, tsecr=tsval)
    return clock


def stamped(
    bench: Bench, way: Literal["listen", "connect"] = "listen", tsval: int = FIRST_STAMP
) -> Clock:
    """An established connection with timestamps, its socket as `conn.app`."""
    with bench.reaching("ESTABLISHED with timestamps"):
        if way == "connect":
            return _connected(bench, tsval)
        sock = listener(bench)
        clock = half_open(bench, tsval)
        clock.send("A")
        clock.conn.app = sock.accept()
    return clock


def _connected(bench: Bench, tsval: int) -> Clock:
    conn, pending = syn_sent(bench)
    clock = Clock(conn, tsval)
    conn.send("SA", options=(MaximumSegmentSize(PEER_MSS), *clock.option()))
    conn.expect("A", ack=conn.peer.snd.nxt, tsecr=tsval % 2**32)
    pending.expect_return(0)
    return clock


def scaled(
    bench: Bench, shift: int, *, window: int = 65535, buffer: int = 0, mss: int = PEER_MSS
) -> tuple[Connection, int]:
    """SYN and SYN-ACK with window scale; the connection and the target's own shift.

    `window` stands in the SYN, unscaled. `buffer` is the listener's SO_RCVBUF where one is
    wanted. The third segment is the case's to send; `conn.app` is the listener until then.
    """
    with bench.reaching("SYN-RECEIVED with window scale"):
        sock = roomy_listener(bench, buffer)
        conn = bench.connection()
        conn.app = sock
        conn.send("S", window=window, options=(MaximumSegmentSize(mss), NOP, WindowScale(shift)))
        answer = conn.expect("SA", ack=conn.peer.snd.nxt).segment
        own = next((o.shift for o in answer.options if isinstance(o, WindowScale)), None)
        bench.check(own is not None, True, "window scale agreed")
    return conn, own or 0


def roomy_listener(bench: Bench, buffer: int) -> Socket:
    """A listener whose connections have a receive buffer of so many octets (0: the default)."""
    sock = bench.app.socket()
    if buffer:
        sock.set_option("SOL_SOCKET", "SO_RCVBUF", buffer)
    sock.bind(8080)
    sock.listen(5)
    return sock


def burst(conn: Connection, settle: float = 0.1) -> list[Arrival]:
    """The segments with text that come within `settle` seconds, whatever they are."""
    conn.bench.wait(settle)
    return [arrival for arrival in conn.drop_arrivals() if arrival.segment.payload]


def farthest(conn: Connection, arrivals: list[Arrival]) -> int:
    """Octets from the last ACK of the peer's to the end of what the target has sent."""
    una = conn.target.snd.una
    ends = [(Seq(a.segment.seq) + len(a.segment.payload)).distance(una) for a in arrivals]
    return max(ends, default=0)
