"""What each stream of a case may hold, from what was really sent and written.

Octets of one number may differ among segments, a tuple may be opened more than once, an urgent
octet may be in line or out of it: whatever of it a stack may choose is right. Slow: some
microseconds an octet. Only for what `text` finds unusual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tcpassay.core.events import Call, Returned
from tcpassay.wire import ACK, FIN, SYN, URG, IPv6, ParseError, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.core.trace import Entry

#: Calls that read, write, and make descriptors.
READING = frozenset({"recv", "read", "recvfrom", "recvmsg"})
WRITING = frozenset({"send", "write", "sendto", "sendmsg"})
MAKING = frozenset({"socket", "accept", "accept4"})

NO_FLAGS: tuple[str, ...] = ()

#: How far beside a cookie another may be: as many as there are sizes that it tells, less one.
_BESIDE = 3
_MASK, _HALF = 0xFFFFFFFF, 1 << 31
#: Port of the peer and of the stack.
Ports = tuple[int, int]
#: Where a reader may stand: a connection, and the number of the octet that comes next.
Stand = tuple[Ports, int]
_T = TypeVar("_T")


class TextFault(NamedTuple):
    """Text that nobody sent: at entry `at`; `read` by the application or sent by the stack."""

    at: int
    why: str
    read: bool


def argument(values: Call | Returned, tag: str, default: _T) -> _T:
    """The first argument or result with this tag."""
    found = values.args if isinstance(values, Call) else values.out
    for name, value in found:
        if name == tag:
            return value  # type: ignore[return-value]
    return default


class Streams:
    """The streams of one case; `faults` has at most one a direction."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.faults: list[TextFault] = []
        #: The peer's text: by connection and number the octets that it may be.
        self._said: dict[Ports, dict[int, set[int]]] = {}
        self._starts: dict[Ports, set[int]] = {}
        self._urgent: dict[Ports, set[int]] = {}
        #: What it has acknowledged, and the numbers of the segments that did.
        self._acked: dict[Ports, set[int]] = {}
        self._first: dict[Ports, set[int]] = {}
        self._fins: dict[Ports, set[int]] = {}
        self._torn = False
        #: The stack's: where it started, and what descriptors were given to send.
        self._isses: dict[Ports, set[int]] = {}
        self._written: list[bytearray] = []
        self._writers: dict[int, list[bytearray]] = {}
        self._calls: dict[int, Call] = {}
        self._peers: dict[int, int] = {}
        self._readers: dict[int, set[Stand]] = {}
        #: Descriptors that may lead to another connection than when they were read last.
        self._again: set[int] = set()
        for at, entry in enumerate(entries):
            self._take(at, entry)

    def _take(self, at: int, entry: Entry) -> None:
        data = entry.data
        if entry.kind == "send" and isinstance(data, bytes):
            self._to_stack(data)
        elif entry.kind == "receive" and isinstance(data, bytes):
            self._from_stack(at, data)
        elif isinstance(data, Call):
            self._called(data)
        elif isinstance(data, Returned):
            self._returned(at, data)

    # -- the peer's text --------------------------------------------------------------------------

    def _to_stack(self, octets: bytes) -> None:
        try:
            datagram = parse(octets)
        except ParseError:
            return
        body = datagram.body
        if not isinstance(body, Segment):
            self._torn = self._torn or datagram.ip.is_fragment
            return
        if body.checksum is not None:
            return
        if not isinstance(datagram.ip, IPv6) and datagram.ip.checksum is not None:
            return
        ports, first = (body.sport, body.dport), body.seq
        if body.flags & SYN:
            first += 1
            self._starts.setdefault(ports, set()).add(first & _MASK)
        if body.flags & ACK:
            self._acked.setdefault(ports, set()).add(body.ack)
            if not body.flags & SYN:
                self._first.setdefault(ports, set()).add(body.seq)
        if body.flags & URG:
            backs = (0, 1, 2) if body.flags & SYN else (0, 1)
            # Which octet is meant, and whether a SYN counts, stacks read in more than one way.
            marks = ((first + body.urgent - back) & _MASK for back in backs)
            self._urgent.setdefault(ports, set()).update(marks)
        if body.flags & FIN:
            self._fins.setdefault(ports, set()).add((first + len(body.payload)) & _MASK)
        said = self._said.setdefault(ports, {})
        for place, octet in enumerate(body.payload):
            said.setdefault((first + place) & _MASK, set()).add(octet)

    def _read(self, at: int, call: Call, returned: Returned) -> None:
        fd, flags = argument(call, "fd", -1), argument(call, "flags", NO_FLAGS)
        octets = argument(returned, "octets", b"")[: returned.value]
        if self._torn or self._fault_told(read=True):
            return
        if "MSG_OOB" in flags:
            self._read_urgent(at, fd, octets)
            return
        stands = self._readers.get(fd, set())
        if fd in self._again or fd not in self._readers:
            stands = stands | self._beginnings(fd)
        wanted: Iterable[int | None] = octets
        if "MSG_TRUNC" in flags:
            wanted = [None] * returned.value
        for place, octet in enumerate(wanted):
            before, stands = stands, self._after(stands, octet)
            if not stands:
                what = f"octet {place} that {call.name}() gave, {octet}, is"
                where = self._elsewhere(before, octet)
                self.faults.append(TextFault(at, f"{what} {where}", read=True))
                return
        if "MSG_PEEK" not in flags:
            self._readers[fd] = stands
            self._again.discard(fd)

    def _elsewhere(self, stands: set[Stand], octet: int | None) -> str:
        """Where a reader has gone on who has not gone on at the next octet, in words.

        For the first octet that differs alone: it looks at all text behind each FIN.
        """
        if self._after(self._behind_fins(stands), octet):
            return "from behind a FIN"
        if self._after(self._beside(stands), octet):
            return "from beside, as the peer's first ACK was beside a cookie"
        return "not what was sent there"

    def _beginnings(self, fd: int) -> set[Stand]:
        port = self._peers.get(fd)
        return {
            (ports, start)
            for ports, starts in self._starts.items()
            if port is None or ports[0] == port
            for start in starts
        }

    def _after(self, stands: set[Stand], octet: int | None) -> set[Stand]:
        after = set()
        for ports, stand in stands:
            said, urgent = self._said.get(ports, {}), self._urgent.get(ports, ())
            number = stand
            while True:
                may_be = said.get(number)
                if may_be is not None and (octet is None or octet in may_be):
                    after.add((ports, (number + 1) & _MASK))
                if number not in urgent or may_be is None:
                    break
                number = (number + 1) & _MASK
        return after

    def _behind_fins(self, stands: set[Stand]) -> set[Stand]:
        """Where a reader may stand who has gone over FINs as over octets, there or before it:
        behind a FIN that was not counted all text is one number too early.
        """
        behind = {ports: self._run_behind(ports) for ports, _ in stands}
        found: set[Stand] = set()
        last = self._past_marks(stands)
        for _ in range(max(map(len, self._fins.values()), default=0)):
            last = {(ports, (at + 1) & _MASK) for ports, at in last if at in behind[ports]}
            last = self._past_marks(last)
            found |= last
        return found

    def _past_marks(self, stands: set[Stand]) -> set[Stand]:
        """The same, and where a reader stands who leaves out urgent octets that come next."""
        past = set(stands)
        for ports, stand in stands:
            said, urgent = self._said.get(ports, {}), self._urgent.get(ports, ())
            at = stand
            while at in urgent and at in said:
                at = (at + 1) & _MASK
                past.add((ports, at))
        return past

    def _run_behind(self, ports: Ports) -> set[int]:
        """The numbers of a connection's FINs, and of the text that goes on behind them."""
        said, run = self._said.get(ports, {}), set[int]()
        for number in self._fins.get(ports, ()):
            run.add(number)
            while (number := (number + 1) & _MASK) in said and number not in run:
                run.add(number)
        return run

    def _beside(self, stands: set[Stand]) -> set[Stand]:
        """Where a reader may stand at the first octet if the peer's first ACK has been taken as one
        of a SYN cookie beside the right one (RFC 4987, 3.6), and its text as the first.
        """
        return {
            (ports, number)
            for ports, start in stands
            if start in self._starts.get(ports, ())
            for number in self._first.get(ports, ())
            if number != start and (number - start + _BESIDE) & _MASK <= 2 * _BESIDE
        }

    def _read_urgent(self, at: int, fd: int, octets: bytes) -> None:
        port = self._peers.get(fd)
        may_be: set[int] = set()
        for ports, marks in self._urgent.items():
            if port is None or ports[0] == port:
                said = self._said.get(ports, {})
                may_be.update(*(said.get(mark, ()) for mark in marks))
        if not may_be.issuperset(octets):
            why = f"octets out of band, {octets.hex()}, were not sent as urgent"
            self.faults.append(TextFault(at, why, read=True))

    # -- the application's text ------------------------------------------------------------

    def _called(self, call: Call) -> None:
        self._calls[call.id] = call
        if call.name in WRITING:
            fd = argument(call, "fd", -1)
            for writer in self._writers.get(fd) or [self._new_writer(fd)]:
                writer.extend(argument(call, "octets", b""))

    def _new_writer(self, fd: int) -> bytearray:
        writer = bytearray()
        self._writers.setdefault(fd, []).append(writer)
        self._written.append(writer)
        return writer

    def _connects(self, call: Call) -> None:
        """connect() on a socket that has been connected may mean the old connection or a new."""
        fd = argument(call, "fd", -1)
        self._peers[fd] = argument(call, "address", ("", -1))[1]
        self._again.add(fd)
        self._new_writer(fd)

    def _returned(self, at: int, returned: Returned) -> None:
        call = self._calls.pop(returned.call, None)
        if call is None:
            return
        if call.name in WRITING:
            self._wrote(call, returned)
        elif call.name == "connect" and returned.errno in {None, "EINPROGRESS"}:
            self._connects(call)
        elif returned.errno is not None:
            return
        elif call.name in MAKING:
            fd = returned.value
            for known in (self._readers, self._peers, self._writers):
                known.pop(fd, None)
            address = argument(returned, "address", ("", -1))
            if address[1] > 0:
                self._peers[fd] = address[1]
            self._new_writer(fd)
        elif call.name in READING and returned.value > 0:
            self._read(at, call, returned)

    def _wrote(self, call: Call, returned: Returned) -> None:
        """Take back what send() was given and has not taken."""
        size = len(argument(call, "octets", b""))
        taken = returned.value if returned.errno is None else 0
        for writer in self._writers.get(argument(call, "fd", -1), ()):
            if taken < size:
                del writer[len(writer) - (size - taken) :]

    def _from_stack(self, at: int, octets: bytes) -> None:
        try:
            body = parse(octets).body
        except ParseError:
            return
        if not isinstance(body, Segment):
            return
        ports, first = (body.dport, body.sport), body.seq
        if body.flags & SYN:
            self._isses.setdefault(ports, set()).add(first)
            first += 1
        if body.payload and not self._may_send(ports, first & _MASK, body.payload):
            if self._fault_told(read=False):
                return
            why = f"{len(body.payload)} octets of text that the application never wrote there"
            if self._moved(ports, first & _MASK, body.payload):
                why += ", but beside it, as the peer's first ACK was beside a cookie"
            self.faults.append(TextFault(at, why, read=False))

    def _may_send(self, ports: Ports, first: int, text: bytes) -> bool:
        isses = self._isses.get(ports)
        if isses is None:
            # A connection of another case: not this one's text.
            return True
        if any(self._wrote_at((first - iss - 1) & _MASK, text) for iss in isses):
            return True
        # RFC 1122, 4.2.3.6: the octet of a keep-alive, which was acknowledged long ago, is garbage.
        acked = self._acked.get(ports, ())
        return len(text) == 1 and any(0 < (ack - first) & _MASK < _HALF for ack in acked)

    def _wrote_at(self, place: int, text: bytes) -> bool:
        return any(stream[place : place + len(text)] == text for stream in self._written)

    def _moved(self, ports: Ports, first: int, text: bytes) -> bool:
        """Whether text is right from a number on that the peer has acknowledged in place of the
        SYN's: a SYN cookie (RFC 4987, 3.6) may hold for its neighbours.
        """
        near = (
            ack
            for ack in self._acked.get(ports, ())
            for iss in self._isses.get(ports, ())
            if (ack - iss - 1 + _BESIDE) & _MASK <= 2 * _BESIDE and ack != (iss + 1) & _MASK
        )
        return any(self._wrote_at((first - ack) & _MASK, text) for ack in near)

    def _fault_told(self, *, read: bool) -> bool:
        return any(fault.read == read for fault in self.faults)
