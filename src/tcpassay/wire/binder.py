"""Puts a trace's relative numbers back in place, on the stack it came from or on another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Returned
from tcpassay.core.seq import MODULUS
from tcpassay.wire.connections import ABSOLUTE, Base, Connections, Ends, Number
from tcpassay.wire.datagram import flow_of, parse
from tcpassay.wire.errors import ParseError
from tcpassay.wire.eventforms import DATAGRAMS, TraceEvent, resolved
from tcpassay.wire.relative import restore
from tcpassay.wire.tcp import ACK, SYN, Segment

if TYPE_CHECKING:
    from tcpassay.wire.connections import Conn
    from tcpassay.wire.tracefile import TraceFile


class Binder:
    """Learns what a stack chose, and makes each event of a trace file concrete.

    Give it every datagram that the new stack sends (`received`) and every return that may name a
    port (`returned`). What has not been learned is as it was recorded; the peer's numbers always
    are.
    """

    def __init__(self, file: TraceFile) -> None:
        self._file = file
        self._events = {event.n: event for event in file.events}
        self._ports: dict[int, int] = {}
        self._live = Connections()
        self._count = 0
        self._given: dict[int, bytes] = {}

    def concrete(self, event: TraceEvent) -> bytes:
        """The octets of a datagram event. A sent one counts as sent from here on.

        Raises KeyError for an event that is no datagram.
        """
        octets = self._octets(event)
        if event.kind == "send" and event.n not in self._given:
            self._given[event.n] = octets
            self._see(octets, from_stack=False)
        return octets

    def data(self, event: TraceEvent) -> object:
        """The data of an event as a trace entry holds it, in absolute numbers."""
        if event.kind in DATAGRAMS:
            return self.concrete(event)
        return resolved(event.data, lambda value: self.value(event.conn, value))

    def received(self, octets: bytes) -> None:
        """Learn from a datagram that the new stack sent."""
        self._learn_port(octets)
        self._see(octets, from_stack=True)

    def returned(self, event: TraceEvent, new: Returned) -> None:
        """Learn from the return that the new stack gave in place of a recorded one."""
        if not isinstance(event.data, Returned):
            return
        for (tag, old), (new_tag, value) in zip(event.data.out, new.out, strict=False):
            match tag, old, new_tag, value:
                case "address", (_, Number(base, _)), "address", (_, int(port)):
                    self._ports.setdefault(_port_index(base), port)

    def value(self, conn: Conn | None, value: object) -> int:
        """What a number of a connection is worth now; an int is worth itself.

        Raises TypeError for what is neither, KeyError for a base that the file does not bind.
        """
        if not isinstance(value, Number):
            if isinstance(value, int):
                return value
            msg = f"wanted a number, got {value!r}"
            raise TypeError(msg)
        base, offset = value
        if base == ABSOLUTE:
            return offset
        if base.startswith("port("):
            index = _port_index(base)
            return self._ports.get(index, self._file.ports[index]) + offset
        if conn is None:
            raise KeyError(base)
        return (self._base(conn, base) + offset) % MODULUS

    def ends(self, conn: Conn) -> Ends:
        """The tuple of a recorded connection, with the ports that the new stack chose."""
        ports = self._file.ports
        port = conn.local_port
        if port in ports:
            port = self._ports.get(ports.index(port), port)
        return conn.local, port, conn.remote, conn.remote_port

    def _base(self, conn: Conn, base: str) -> int:
        recorded = self._file.bases[conn][base]
        if base.startswith("peer."):
            return recorded
        known: Base = "stack.iss" if base == "stack.iss" else "stack.ts0"
        ends = self.ends(conn)
        for connection in self._live.all:
            if connection.conn == (*ends, conn.incarnation) and known in connection.bases:
                return connection.bases[known].value
        return recorded

    def _octets(self, event: TraceEvent) -> bytes:
        if event.n in self._given:
            return self._given[event.n]
        if event.kind not in DATAGRAMS or not isinstance(event.data, dict):
            raise KeyError(event.kind)
        form: dict[str, object] = event.data
        return restore(
            form,
            lambda value: self.value(event.conn, value),
            lambda n: self._octets(self._events[n]),
        )

    def _see(self, octets: bytes, *, from_stack: bool) -> None:
        self._live.see(self._count, octets, from_stack=from_stack)
        self._count += 1

    def _learn_port(self, octets: bytes) -> None:
        """A SYN from a port not met before: the next of the recorded ports to the same end."""
        flow = flow_of(octets)
        if flow is None or not self._file.ports:
            return
        src, sport, dst, dport = flow
        if sport in self._ports.values() or not _is_first_syn(octets):
            return
        for conn in self._file.bases:
            if (conn.local, conn.remote, conn.remote_port) != (src, dst, dport):
                continue
            if conn.local_port in self._file.ports:
                index = self._file.ports.index(conn.local_port)
                if index not in self._ports:
                    self._ports[index] = sport
                    return


def _is_first_syn(octets: bytes) -> bool:
    try:
        body = parse(octets).body
    except ParseError:
        return False
    return isinstance(body, Segment) and body.flags & (SYN | ACK) == SYN


def _port_index(base: str) -> int:
    return int(base.removeprefix("port(").removesuffix(")"))
