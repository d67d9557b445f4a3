"""Any trace entry as one line, in packetdrill's notation where that has one.

`<` is from the peer to the stack, `>` from the stack to the peer. Times are seconds since the line
before; sequence numbers and timestamps count from the connection's first ones. Where a trace holds
more than one connection, each datagram carries its tag: [2] the second tuple, [2.2] the second
incarnation of that tuple.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tcpassay.core import events
from tcpassay.core.clock import NS_PER_S
from tcpassay.core.trace import Entry, Judgement
from tcpassay.wire.connections import Connection, Connections
from tcpassay.wire.eventforms import VARIABLES
from tcpassay.wire.segment_text import datagram_text, escape, octets_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Calls that fill a buffer or an address: "..." stands for it, as in packetdrill.
_FILLS = frozenset({"accept", "accept4", "recv", "read", "recvfrom", "recvmsg"})
_LONG = 200
#: The state variables of RFC 9293, 3.3.1; what else a target tells stands in the trace.
_VARIABLES = ("snd.una", "snd.nxt", "snd.wnd", "rcv.nxt", "rcv.wnd")
#: Parts of an expectation that are not shown, or not where they say nothing.
_UNTOLD = frozenset({"conn", "since"})
#: Options of which None says that they have to be absent.
_ABSENT = frozenset({"mss", "scale", "tsecr"})
_QUIET: dict[str, object] = {"after": 0.0, "payload": b"", "for": 0.0, "repeats": False}


def lines(trace: Iterable[Entry]) -> list[str]:
    """A whole trace in lines: see `Notation.lines`."""
    return Notation().lines(trace)


class Notation:
    """Writes entries, and remembers what earlier ones say of connections, calls and time."""

    def __init__(self) -> None:
        self.connections = Connections()
        self._last_ns = 0
        self._calls: dict[int, str] = {}
        self._asked: Connection | None = None

    def lines(self, trace: Iterable[Entry], last: int | None = None) -> list[str]:
        """One line an entry; a call that returns at once shares the line of its return.

        With `last`, so many lines of the end, at about the cost of those.
        """
        return [line for _, line in self.numbered(trace, last)]

    def numbered(self, trace: Iterable[Entry], last: int | None = None) -> list[tuple[Entry, str]]:
        """The same lines, each with the entry that it begins with."""
        entries = list(trace)
        for entry in entries:
            self._look_at(entry)
        # Two entries a line at most, and the question to which the first of them is the answer.
        first = 0 if last is None else max(0, len(entries) - 2 * last - 2)
        if first:
            self._last_ns = entries[first - 1].t_ns
        out: list[tuple[Entry, str]] = []
        skip = -1
        for here, entry in enumerate(entries[first:], first):
            if here == skip:
                continue
            after = entries[here + 1] if here + 1 < len(entries) else None
            if after is not None and _returns_at_once(entry, after):
                out.append((entry, self._joined(entry, after)))
                skip = here + 1
            else:
                out.append((entry, self.line(entry)))
        return out if last is None else out[-last:]

    def line(self, entry: Entry) -> str:
        """One entry as one line without control characters. Never raises."""
        try:
            self._look_at(entry)
            text = self._text(entry)
        except Exception as error:
            text = f"{entry.kind} {entry.data!r} ({type(error).__name__})"
        return escape(f"{self._time(entry)} {text}")

    def _look_at(self, entry: Entry) -> None:
        if entry.kind in ("send", "receive") and entry.n not in self.connections.seen:
            if isinstance(entry.data, bytes):
                from_stack = entry.kind == "receive"
                self.connections.see(entry.n, entry.data, from_stack=from_stack)
        elif isinstance(entry.data, events.Call):
            self._calls[entry.data.id] = entry.data.name

    def _ask(self, asked: events.ReadState, n: int) -> str:
        """Note whose state the next answer tells."""
        ends = (*asked.local, *asked.remote) if asked.remote else None
        self._asked = self.connections.at(ends, n) if ends else None
        to = "" if asked.remote is None else f" {_value('address', asked.remote)}"
        return f"read-state {_value('address', asked.local)}{to}"

    def _time(self, entry: Entry) -> str:
        delta = entry.t_ns - self._last_ns
        self._last_ns = entry.t_ns
        return f"{delta / NS_PER_S:+.6f}" if delta else "+0"

    def _joined(self, call: Entry, returned: Entry) -> str:
        line = self.line(call)
        self._last_ns = returned.t_ns
        tail = escape(_result(returned.data)) if isinstance(returned.data, events.Returned) else ""
        return line.removesuffix(" ...") + tail

    def _text(self, entry: Entry) -> str:
        data = entry.data
        if entry.kind in ("send", "receive"):
            return self._datagram(entry)
        process = f"(process {entry.process}) " if entry.process > 1 else ""
        match data:
            case events.Call():
                return f"{process}{_call(data)} ..."
            case events.Returned():
                return f"{process}... {self._calls.get(data.call, 'call')}{_result(data)}"
            case Judgement():
                return self._judgement(entry, data)
            case events.ReadState():
                return self._ask(data, entry.n)
            case events.StateRead():
                return f"state {data.state}{self._variables(data, entry.n)}"
            case events.StatsRead():
                return f"stats{_numbers(data.numbers)}"
            case _:
                return process + _other(entry, self._calls)

    def _datagram(self, entry: Entry) -> str:
        arrow = ">" if entry.kind == "receive" else "<"
        seen = self.connections.seen[entry.n]
        return f"{arrow} {self._tag(seen.connection)}{datagram_text(entry.n, seen)}"

    def _tag(self, connection: Connection | None) -> str:
        if connection is None or len(self.connections.all) < 2:
            return ""
        incarnation = connection.conn.incarnation
        return f"[{connection.tag}.{incarnation}] " if incarnation > 1 else f"[{connection.tag}] "

    def _variables(self, read: events.StateRead, n: int) -> str:
        connection, self._asked = self._asked, None
        shown = {name: read.numbers[name] for name in _VARIABLES if name in read.numbers}
        for name, base in VARIABLES.items():
            if connection is not None and name in shown:
                shown[name] = connection.offset(base, shown[name], n)
        return _numbers(shown)

    def _judgement(self, entry: Entry, judgement: Judgement) -> str:
        connection = None
        ends = judgement.want.get("conn")
        if isinstance(ends, tuple | list) and len(ends) == 4:
            connection = self.connections.at((ends[0], ends[1], ends[2], ends[3]), entry.n)
        if judgement.event is not None and judgement.event in self.connections.seen:
            connection = self.connections.seen[judgement.event].connection or connection
        want = dict(judgement.want)
        if isinstance(want.get("call"), int):
            want["call"] = self._calls.get(cast("int", want["call"]), want["call"])
        wanted = _want(want, connection, entry.n)
        text = f"expect {self._tag(connection)}{judgement.what}{' ' if wanted else ''}{wanted}"
        text += ": met" if judgement.met else f": NOT MET, {judgement.message}"
        return f"{text} [{judgement.requirement}]" if judgement.requirement else text


def _returns_at_once(entry: Entry, after: Entry) -> bool:
    call, returned = entry.data, after.data
    return (
        isinstance(call, events.Call)
        and isinstance(returned, events.Returned)
        and call.id == returned.call
        and entry.t_ns == after.t_ns
    )


def _call(call: events.Call) -> str:
    shown = [_value(tag, value) for tag, value in call.args]
    if call.name in _FILLS:
        shown.insert(1, "...")
    return f"{call.name}({', '.join(shown)})"


def _result(returned: events.Returned) -> str:
    if returned.errno is not None:
        return f" = -1 {returned.errno}"
    out = "".join([f" {_value(tag, value)}" for tag, value in returned.out])
    return f" = {returned.value}{out}"


def _value(tag: str, value: object) -> str:
    match tag, value:
        case "octets", bytes():
            return octets_text(value)
        case "text", _:
            return "NULL" if value is None else f'"{value}"'
        case "texts", (*texts,):
            return f"[{', '.join(map(str, texts))}]"
        case "flags", (*flags,):
            return "|".join(map(str, flags)) or "0"
        case "address", (host, port):
            return f"{{{host}:{port}}}" if ":" not in str(host) else f"{{[{host}]:{port}}}"
        case "linger", (on, seconds):
            return f"{{onoff={on}, linger={seconds}}}"
        case "pollfds", (*polled,):
            return f"[{', '.join(_polled(item) for item in polled)}]"
        case "fds", (*fds,):
            return f"[{', '.join(map(str, fds))}]"
        case "state", dict():
            return f"{{{_numbers(value).strip()}}}"
        case _:
            return str(value)


def _polled(item: object) -> str:
    match item:
        case (fd, (*names,)):
            return f"{{{fd}, {'|'.join(map(str, names)) or '0'}}}"
        case _:
            return str(item)


def _numbers(numbers: Mapping[str, int | str]) -> str:
    return "".join([f" {name}={value}" for name, value in numbers.items()])


def _want(want: Mapping[str, object], connection: Connection | None, n: int) -> str:
    parts = []
    for name, value in want.items():
        if name in _UNTOLD or (value is None and name not in _ABSENT):
            continue
        if name in _QUIET and value == _QUIET[name]:
            continue
        if name == "any" and isinstance(value, list | tuple):
            options = [_want(one, connection, n) for one in value if isinstance(one, dict)]
            parts.append(" or ".join(options))
        else:
            parts.append(f"{name}={_wanted(name, value, connection, n)}")
    text = " ".join(part for part in parts if part)
    return text if len(text) <= _LONG else text[:_LONG] + "..."


def _wanted(name: str, value: object, connection: Connection | None, n: int) -> str:
    if isinstance(value, bytes):
        return octets_text(value)
    if name in ("seq", "ack") and connection is not None:
        if isinstance(value, int):
            return str(connection.offset("stack.iss" if name == "seq" else "peer.iss", value, n))
        if isinstance(value, list | tuple):
            return "..".join([_wanted(name, one, connection, n) for one in value])
    return str(value)


def _other(entry: Entry, calls: Mapping[int, str]) -> str:
    data = entry.data
    match data:
        case events.Signalled():
            return f"signal {data.signal} to process {data.process}"
        case events.Exited():
            return f"exit of process {data.process} = {data.status}"
        case events.Spawn(process, fork_of, user):
            origin = f" fork of {fork_of}" if fork_of is not None else ""
            return f"spawn process {process}{origin}" + ("" if user is None else f" as user {user}")
        case events.Kill(process, signal):
            return f"kill process {process} {signal}"
    match entry.kind, data:
        case "cancel", int():
            return f"cancel {calls.get(data, 'call')} (call {data})"
        case "advance", int():
            return f"advance to {data / NS_PER_S:.6f}"
        case "measure", (name, value):
            return f"measure {name} = {value}"
        case (("log" | "note"), str()):
            return f"{entry.kind}: {data}"
        case "read-stats", _:
            return "read-stats"
        case _:
            return f"{entry.kind} {data!r}"
