"""Limits of a stack, measured: sizes from its windows and segments, times on its own clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.conformance.flights import MSS, offering, permits_sack
from tcpassay.conformance.match import ANY, mss_of, scale_of
from tcpassay.conformance.probing.probe import with_bench
from tcpassay.conformance.reach import handshake, listener, reach
from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import TcpassayError
from tcpassay.core.seq import Seq
from tcpassay.wire import ACK, NOP, RST, SYN, MaximumSegmentSize, WindowScale

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection
    from tcpassay.targets.contract import IpVersion, Target

    Measure = Callable[["Bench"], "Value | None"]

Value = int | float | str

#: How long TIME-WAIT is looked at, and how often, seconds.
_LONGEST_S: Final = 1200.0
_LOOK_S: Final = 0.5
_HOLE: Final = 100
_PIECE: Final = 1000
#: A window with less room counts as closed (RFC 9293, 3.8.6.2.2), and when enough is enough.
_LEAST: Final = 536
_MOST: Final = 1 << 22


class AtLeast(int):
    """A size up to which all went well; where it ends the probe could not find out."""


class Measured(NamedTuple):
    """A limit by its name in the manifest; `value` None: it was not, or could not be, measured."""

    name: str
    value: Value | None
    why: str


def measure_limits(target: Target) -> list[Measured]:
    """Each limit that can be measured, on a fresh stack; raises nothing that the stack causes."""
    return [_measured(target, name, measure) for name, measure in _MEASURES.items()]


def _measured(target: Target, name: str, measure: Measure) -> Measured:
    got: list[Value | None] = []
    try:
        ip: IpVersion = 4 if target.manifest.ipv4 else 6
        with_bench(target, lambda bench: got.append(measure(bench)), ip, listen="queue")
    except (TcpassayError, LookupError) as error:
        return Measured(name, None, str(error))
    if got[0] is None:
        return Measured(name, None, "cannot be told")
    return Measured(name, got[0], "")


def _mtu(bench: Bench) -> int | None:
    """From the MSS that the stack announces (RFC 9293, 3.7.1)."""
    listener(bench)
    conn = bench.connection()
    conn.send("S")
    mss = mss_of(conn.expect("SA").segment)
    return None if mss is None else mss + (40 if bench.ip == 4 else 60)


def _sack_room(bench: Bench) -> int:
    """What is missing from a full segment where SACK is agreed."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=offering(sack=True))
    if not permits_sack(conn.expect("SA", ack=conn.peer.snd.nxt).segment):
        return 0
    conn.send("A")
    conn.app = sock.accept()
    conn.app.begin_send(bytes(2 * MSS))
    return MSS - len(conn.expect("A", payload=ANY).segment.payload)


def _rcv_buffer(bench: Bench) -> int:
    """Octets that find room while the application does not read."""
    conn, shift = _scaled(bench)
    room, taken = int(conn.target.rcv.wnd), 0
    while room >= _LEAST:
        piece = bytes(min(_PIECE, room))
        conn.send("PA", payload=piece)
        conn.expect("A", ack=conn.peer.snd.nxt)
        taken += len(piece)
        room = int(conn.target.rcv.wnd) << shift
        if taken > _MOST:
            return AtLeast(taken)
    return taken + room


def _ooo_queue(bench: Bench) -> int:
    """Octets behind a hole that are acknowledged once the hole is filled."""
    conn, _ = _scaled(bench)
    first, room = conn.peer.snd.nxt, int(conn.target.rcv.wnd)
    for start in range(_HOLE, room, _PIECE):
        octets = bytes(min(_PIECE, room - start))
        conn.send("PA", seq=int(first + start), payload=octets)
    conn.drop_arrivals()
    conn.send("PA", seq=int(first), payload=bytes(_HOLE))
    bench.wait(1)
    kept = max((Seq(each.segment.ack).distance(first) for each in conn.drop_arrivals()), default=0)
    return AtLeast(kept) if kept >= room else max(0, kept - _HOLE)


def _scaled(bench: Bench) -> tuple[Connection, int]:
    """A connection whose peer has offered window scale, and how far its windows are shifted."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=(MaximumSegmentSize(1460), NOP, WindowScale(7)))
    shift = scale_of(conn.expect("SA", ack=conn.peer.snd.nxt).segment)
    conn.send("A")
    conn.app = sock.accept()
    return conn, shift or 0


def _msl_s(bench: Bench) -> float | None:
    """Half of how long TIME-WAIT keeps a stray ACK from being reset; on a virtual clock only."""
    if not bench.virtual:
        return None
    conn = reach(bench, "TIME-WAIT")
    start_ns = bench.now_ns
    while (lasted_s := (bench.now_ns - start_ns) / NS_PER_S) <= _LONGEST_S:
        conn.send("A")
        if any(each.segment.flags & RST for each in conn.drop_arrivals()):
            return lasted_s / 2
        bench.wait(_LOOK_S)
    return None


def _listen(bench: Bench) -> str | None:
    """Whether a listener gives a second connection before, or only after, another listen()."""
    sock = listener(bench)
    handshake(bench.connection())
    sock.accept()
    if _answered(bench):
        return "queue"
    sock.listen()
    return "single_shot" if _answered(bench) else None


def _answered(bench: Bench) -> bool:
    conn = bench.connection()
    conn.send("S")
    return any(each.segment.has(SYN | ACK) for each in conn.drop_arrivals())


_MEASURES: Final[dict[str, Measure]] = {
    "rcv_buffer": _rcv_buffer,
    "ooo_queue": _ooo_queue,
    "mtu": _mtu,
    "sack_room": _sack_room,
    "msl_s": _msl_s,
    "listen": _listen,
}
