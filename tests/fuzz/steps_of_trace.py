"""The steps of a fuzzer's case that do what a recorded trace shows.

Text becomes the peer's own, blocking calls become calls at the moment at which they returned. What
steps have no words for is left out: damaged datagrams, several processes, names of hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Call, Returned
from tcpassay.fuzz.cases.steps import PER_PORT, STREAM, Do, LearnedCookie, Send, Step, Tell, Wait
from tcpassay.wire import ACK, SYN, FastOpen, Icmp, ParseError, Sack, Segment, Timestamps, parse
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.core.events import Tagged
    from tcpassay.core.trace import Entry, Trace
    from tcpassay.wire import Option

_MASK, _HALF = 0xFFFFFFFF, 1 << 31
#: No wait of a case is longer: four minutes are 2 MSL.
LONGEST_NS = 240 * 10**9
_PLAIN = frozenset({"send", "recv", "shutdown", "close", "setsockopt"})
_AT_RETURN = frozenset({"accept", "accept4", "recv"})


class _Ends:
    def __init__(self, conn: int) -> None:
        self.conn = conn
        self.iss = self.stack_iss = self.stamp = self.stack_stamp = 0
        self.begun = False


class Steps:
    """Takes a trace entry by entry; `made` are the steps."""

    def __init__(self) -> None:
        self.made: list[Step] = []
        self._ports: dict[int, int] = {}
        self._ends: dict[tuple[int, int], _Ends] = {}
        self._slots: dict[int, str] = {}
        self._listeners: set[int] = set()
        self._calls: dict[int, Call] = {}
        self._until = 0

    def take(self, entry: Entry) -> None:
        """The next entry."""
        data = entry.data
        if entry.kind == "send" and isinstance(data, bytes):
            self._datagram(data)
        elif entry.kind == "receive" and isinstance(data, bytes):
            self._seen(data)
        elif entry.kind == "advance" and isinstance(data, int):
            self._wait(entry.t_ns, data)
        elif entry.kind == "call" and isinstance(data, Call):
            self._calls[data.id] = data
            if data.name not in _AT_RETURN:
                self._call(data, None)
        elif entry.kind == "return" and isinstance(data, Returned):
            call = self._calls.pop(data.call, None)
            if call is not None and (call.name in _AT_RETURN or call.name == "socket"):
                self._call(call, data)

    # -- segments --------------------------------------------------------------------------------

    def _of(self, local: int, remote: int) -> _Ends:
        ends = self._ends.get((local, remote)) or self._ends.pop((0, remote), None)
        if ends is not None:
            self._ends[local, remote] = ends
        else:
            port = self._ports.setdefault(local, len(self._ports)) % 4
            conn = port * PER_PORT + len(self._ends) % PER_PORT
            ends = self._ends[local, remote] = _Ends(conn)
        return ends

    def _datagram(self, octets: bytes) -> None:
        try:
            body = parse(octets).body
        except ParseError:
            return
        if isinstance(body, Segment):
            self._segment(body)
        elif isinstance(body, Icmp):
            quote = quote_of(body.data)
            if quote is not None:
                ends = self._of(quote.sport, quote.dport)
                seq = _near(quote.seq, ends.stack_iss)
                self.made.append(Tell(ends.conn, body.type, body.code, seq, body.rest))

    def _segment(self, body: Segment) -> None:
        ends = self._of(body.dport, body.sport)
        if not ends.begun:
            ends.begun = True
            ends.iss = body.seq if body.flags & SYN else (body.seq - 1) & _MASK
            for option in body.options:
                if isinstance(option, Timestamps):
                    ends.stamp = option.tsval
        ack = _near(body.ack, ends.stack_iss) if body.flags & ACK else None
        flaws = (("checksum", 1),) if body.checksum is not None else ()
        options = tuple(_relative(option, ends) for option in body.options)
        seq, size = _near(body.seq, ends.iss), len(body.payload)
        self.made.append(
            Send(ends.conn, body.flags, seq, ack, body.window, size, options, body.urgent, flaws)
        )

    def _seen(self, octets: bytes) -> None:
        body = parse(octets).body
        if not isinstance(body, Segment):
            return
        ends = self._of(body.sport, body.dport)
        if body.flags & SYN:
            ends.stack_iss = body.seq
        for option in body.options:
            if isinstance(option, Timestamps):
                ends.stack_stamp = option.tsval

    def _wait(self, now: int, until: int) -> None:
        if until <= self._until:
            return
        ns = min(LONGEST_NS, until - max(now, self._until))
        self._until = until
        self.made.append(Wait(ns))

    # -- calls -----------------------------------------------------------------------------------

    def _call(self, call: Call, returned: Returned | None) -> None:
        args = dict(call.args)
        fd = args.get("fd")
        on = self._slots.get(fd, "") if isinstance(fd, int) else ""
        if call.name == "socket" and returned is not None:
            self._slots[returned.value] = f"c{len(self.made)}"
            self.made.append(Do("socket", "", f"c{len(self.made)}", STREAM))
        elif call.name in {"accept", "accept4"} and returned is not None and on:
            gives = f"c{len(self.made)}"
            if returned.errno is None:
                self._slots[returned.value] = gives
            self.made.append(Do("accept4", on, gives, (("flags", ("SOCK_NONBLOCK",)),)))
        elif call.name in {"bind", "connect"} and on:
            self._to(call.name, on, args.get("address"))
        elif call.name == "listen" and on:
            self.made.append(Do("listen", on, "", (("length", args.get("length", 5)),)))
        elif call.name in _PLAIN and on:
            self.made.append(Do(call.name, on, "", tuple(_plain(call))))

    def _to(self, name: str, on: str, address: object) -> None:
        match address:
            case (str(), int(port)) if name == "bind":
                place = self._ports.setdefault(port, len(self._ports)) % 4
                self.made.append(Do("bind", on, "", (("address", ("stack", place)),)))
            case (str(), int(port)):
                ends = self._ends.setdefault((0, port), _Ends(len(self._ends) % PER_PORT))
                self.made.append(Do("connect", on, "", (("address", ("peer", ends.conn)),)))
            case _:
                pass


def _plain(call: Call) -> Iterable[Tagged]:
    for tag, value in call.args:
        if tag == "octets" and isinstance(value, bytes):
            yield "text", len(value)
        elif tag == "flags" and call.name == "recv" and isinstance(value, tuple):
            yield "flags", tuple(name for name in value if name != "MSG_WAITALL")
        elif tag != "fd":
            yield tag, value


def _near(number: int, base: int) -> int:
    ahead = (number - base) & _MASK
    return ahead - (1 << 32) if ahead > _HALF else ahead


def _relative(option: Option, ends: _Ends) -> Option | LearnedCookie:
    match option:
        case Timestamps(tsval, tsecr):
            return Timestamps(_near(tsval, ends.stamp), _near(tsecr, ends.stack_stamp))
        case Sack(blocks):
            iss = ends.stack_iss
            return Sack(tuple((_near(a, iss), _near(b, iss)) for a, b in blocks))
        case FastOpen(cookie) if cookie:
            return LearnedCookie()
        case _:
            return option


def steps_of(trace: Trace) -> tuple[Step, ...]:
    """The steps of a trace; its listener is called "listener" where there is but one."""
    steps = Steps()
    for entry in trace:
        if entry.process == 0:
            steps.take(entry)
    listeners = {step.on for step in steps.made if isinstance(step, Do) and step.call == "listen"}
    if len(listeners) != 1:
        return tuple(steps.made)
    (listener,) = listeners
    return tuple(
        step._replace(
            on="listener" if step.on == listener else step.on,
            gives="listener" if step.gives == listener else step.gives,
        )
        if isinstance(step, Do)
        else step
        for step in steps.made
    )
