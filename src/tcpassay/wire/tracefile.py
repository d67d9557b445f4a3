"""Trace files, version 1: a trace as JSON, one event a line, with relative numbers.

Sequence numbers, timestamps and the stack's own ports are told from what each connection started
with, so that a `Binder` can play a trace against another stack. The exact octets stand beside.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast, get_args

from tcpassay.core import events
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.core.trace import Entry, Kind, Trace
from tcpassay.wire.binder import Binder
from tcpassay.wire.connections import Conn, Connections, Number
from tcpassay.wire.errors import BuildError, ParseError
from tcpassay.wire.eventforms import (
    DATAGRAMS,
    PLAIN,
    RECORDS,
    Teller,
    TraceEvent,
    record_from_json,
    record_to_json,
    to_json,
)
from tcpassay.wire.eventforms import (
    from_json as value_from_json,
)
from tcpassay.wire.relative import Context, Ports, describe
from tcpassay.wire.tcp import ACK, SYN, Segment

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SCHEMA",
    "Binder",
    "TraceEvent",
    "TraceFile",
    "dump",
    "dumps",
    "from_json",
    "load",
    "loads",
]

SCHEMA = 1
#: 292 years.
_LAST_NS: Final = (1 << 63) - 1
_BAD = (KeyError, TypeError, ValueError, IndexError, AttributeError, BuildError, ParseError)
_ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


@dataclass(frozen=True)
class TraceFile:
    """A trace file in memory.

    `info` is what the writer added (verdict, requirements). `ports` are those that the recorded
    stack chose, `bases` where each connection's numbers started, both as recorded.
    """

    case: str
    target: str
    seed: int
    ip: int
    stack_addresses: tuple[str, ...]
    settings: tuple[str, ...]
    own_process: bool
    info: Mapping[str, object]
    ports: tuple[int, ...]
    bases: Mapping[Conn, Mapping[str, int]]
    events: tuple[TraceEvent, ...] = field(repr=False)

    @cached_property
    def trace(self) -> Trace:
        """The trace as it was recorded."""
        trace = Trace(
            case=self.case,
            target=self.target,
            seed=self.seed,
            ip=self.ip,
            stack_addresses=self.stack_addresses,
            settings=self.settings,
            own_process=self.own_process,
        )
        binder = Binder(self)
        for event in self.events:
            trace.entries.append(
                Entry(event.n, event.t_ns, event.kind, event.process, binder.data(event))
            )
        return trace


def dump(trace: Trace, path: Path, info: Mapping[str, object] | None = None) -> None:
    """Write a trace to a file; raises OSError where it cannot be written."""
    path.write_bytes(dumps(trace, info))


def dumps(trace: Trace, info: Mapping[str, object] | None = None) -> bytes:
    """A trace as the octets of its file. Costs about 0.1 ms an event."""
    connections = Connections.of(trace)
    ports = _chosen_ports(trace, connections)
    head: dict[str, Json] = {
        "schema": SCHEMA,
        "case": trace.case,
        "target": trace.target,
        "seed": trace.seed,
        "ip": trace.ip,
        "stack_addresses": list(trace.stack_addresses),
        "settings": list(trace.settings),
        "own_process": trace.own_process,
        "info": to_json(dict(info or {}), exact=True),
        "ports": list(ports.chosen),
        "connections": [
            {
                "conn": _conn_json(connection.conn, ports),
                **{base: bound.value for base, bound in connection.bases.items()},
            }
            for connection in connections.all
        ],
    }
    lines = [json.dumps(event) for event in _events(trace, connections, ports)]
    text = json.dumps(head)[:-1] + ', "events": [\n' + ",\n".join(lines) + "\n]}\n"
    return text.encode()


def load(path: Path) -> TraceFile:
    """A trace file. Raises ConfigurationError that names the file and the place."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        msg = f"{path}: the trace cannot be read: {error.strerror}"
        raise ConfigurationError(msg) from None
    return loads(octets, str(path))


def loads(octets: bytes, name: str = "trace") -> TraceFile:
    """The trace file in `octets`; `name` stands for it in errors (ConfigurationError)."""
    try:
        head = json.loads(octets)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        msg = f"{name}: {where}: not JSON ({error.msg}); is the file whole?"
        raise ConfigurationError(msg) from None
    except (UnicodeDecodeError, RecursionError):
        msg = f"{name}: not a trace file; wanted JSON in UTF-8"
        raise ConfigurationError(msg) from None
    return from_json(head, name)


def from_json(head: Json, name: str = "trace") -> TraceFile:
    """The trace file that was read as JSON; `name` as for `loads` (ConfigurationError)."""
    if not isinstance(head, dict) or "schema" not in head:
        msg = f'{name}: not a trace file; wanted an object with "schema"'
        raise ConfigurationError(msg)
    if head["schema"] != SCHEMA:
        msg = f"{name}: trace version {head['schema']!r}; this tcpassay reads version {SCHEMA}"
        raise ConfigurationError(msg)
    file = _file(head, name)
    _verify(file, name)
    return file


# -- writing --------------------------------------------------------------------------------------


def _chosen_ports(trace: Trace, connections: Connections) -> Ports:
    """Ports of the stack that no bind() named: of a SYN of its own, or told by getsockname()."""
    own = {*trace.stack_addresses, *_ANY_ADDRESS}
    calls = [entry.data for entry in trace if isinstance(entry.data, events.Call)]
    named = {p for call in calls if call.name == "bind" for p in _ports_of(call.args, own)}
    asks = {call.id for call in calls if call.name == "getsockname"}
    chosen: list[int] = []
    for entry in trace:
        found: list[int] = []
        match entry.data:
            case events.Returned(call=call, out=out) if call in asks:
                found = _ports_of(out, own)
            case bytes() if entry.kind == "receive":
                found = _opening_port(connections, entry.n)
        chosen.extend(port for port in found if port not in named and port not in chosen)
    return Ports(tuple(chosen))


def _ports_of(values: tuple[events.Tagged, ...], own: set[str]) -> list[int]:
    return [
        value[1]
        for tag, value in values
        if tag == "address" and isinstance(value, tuple) and value[0] in own and value[1]
    ]


def _opening_port(connections: Connections, n: int) -> list[int]:
    """The port of the stack's first SYN, where entry `n` is one."""
    seen = connections.seen[n]
    body = seen.datagram.body if seen.datagram else None
    if isinstance(body, Segment) and body.flags & (SYN | ACK) == SYN:
        return [body.sport]
    return []


def _conn_json(conn: Conn, ports: Ports) -> list[Json]:
    port = ports.number(conn.local_port)
    shown = port.base if isinstance(port, Number) else port
    return [conn.local, shown, conn.remote, conn.remote_port, conn.incarnation]


def _events(trace: Trace, connections: Connections, ports: Ports) -> list[dict[str, Json]]:
    teller = Teller(connections, ports, trace.stack_addresses)
    sent: dict[int, bytes] = {}
    out: list[dict[str, Json]] = []
    for entry in trace:
        event: dict[str, Json] = {"n": entry.n, "t_ns": entry.t_ns, "kind": entry.kind}
        event["process"] = entry.process
        if entry.kind in DATAGRAMS and isinstance(entry.data, bytes):
            connection = connections.seen[entry.n].connection
            conn = connection.conn if connection else None
            form = describe(entry.data, Context(entry.n, connections, ports, sent))
            sent[entry.n] = entry.data
            body: dict[str, Json] = {"data": to_json(form), "octets": entry.data.hex()}
        else:
            conn, data = teller.tell(entry)
            body = {"data": record_to_json(data)}
        if conn is not None:
            event["conn"] = _conn_json(conn, ports)
        out.append(event | body)
    return out


# -- reading --------------------------------------------------------------------------------------


def _file(head: dict[str, Json], name: str) -> TraceFile:
    try:
        ports = tuple(whole_number(port) for port in array(head["ports"]))
        bases: dict[Conn, dict[str, int]] = {}
        for item in array(head["connections"]):
            known = dict(mapping(item))
            conn = _conn(known.pop("conn"), ports)
            bases[conn] = {base: whole_number(value) for base, value in known.items()}
        info = value_from_json(head["info"], exact=True)
        return TraceFile(
            str(head["case"]),
            str(head["target"]),
            whole_number(head["seed"]),
            whole_number(head["ip"]),
            tuple(map(str, array(head["stack_addresses"]))),
            tuple(map(str, array(head["settings"]))),
            bool(head["own_process"]),
            info if isinstance(info, dict) else {},
            ports,
            bases,
            tuple(_event(item, ports, name, n) for n, item in enumerate(array(head["events"]))),
        )
    except _BAD as error:
        msg = f"{name}: the head of the trace: {_reason(error)}"
        raise ConfigurationError(msg) from None


def _event(item: Json, ports: tuple[int, ...], name: str, place: int) -> TraceEvent:
    try:
        event = mapping(item)
        kind = str(event["kind"])
        if kind not in get_args(Kind):
            msg = f"{name}: event {place}: unknown kind {kind!r}; wanted one of {_kinds()}"
            raise ConfigurationError(msg)
        n, process = whole_number(event["n"]), whole_number(event["process"])
        t_ns = _time("t_ns", event["t_ns"])
        conn = _conn(event["conn"], ports) if "conn" in event else None
        octets = bytes.fromhex(str(event["octets"])) if kind in DATAGRAMS else None
        if kind == "advance":
            _time(kind, event["data"])
        if octets is not None:
            data = value_from_json(event["data"])
        else:
            data = record_from_json(kind, event["data"])
    except _BAD as error:
        msg = f"{name}: event {place}: {_reason(error)}"
        raise ConfigurationError(msg) from None
    return TraceEvent(n, t_ns, cast("Kind", kind), process, conn, data, octets)


def _time(name: str, value: Json) -> int:
    """A time that captures have room for, and that can be told in seconds."""
    t_ns = whole_number(value)
    if not 0 <= t_ns <= _LAST_NS:
        msg = f"{name} is {t_ns!r:.60}; wanted 0 to {_LAST_NS}"
        raise ValueError(msg)
    return t_ns


def _verify(file: TraceFile, name: str) -> None:
    """Hold that every event can be made concrete and that datagrams give the octets beside them."""
    binder = Binder(file)
    for event in file.events:
        try:
            data = binder.data(event)
        except _BAD as error:
            msg = f"{name}: event {event.n}: {_reason(error)}"
            raise ConfigurationError(msg) from None
        if event.octets is not None and data != event.octets:
            msg = f"{name}: event {event.n}: its fields do not give the octets beside them"
            raise ConfigurationError(msg)


def _conn(value: Json, ports: tuple[int, ...]) -> Conn:
    local, port, remote, remote_port, incarnation = array(value)
    if isinstance(port, str):
        port = ports[int(port.removeprefix("port(").removesuffix(")"))]
    return Conn(
        str(local),
        whole_number(port),
        str(remote),
        whole_number(remote_port),
        whole_number(incarnation),
    )


def _kinds() -> str:
    return ", ".join(sorted(DATAGRAMS | set(RECORDS) | set(PLAIN)))


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing or unknown"
    return str(error).splitlines()[0] if str(error) else type(error).__name__
