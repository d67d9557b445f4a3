"""What a trace file holds of everything but datagrams: calls, returns, states, expectations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, NamedTuple, get_args, get_origin, get_type_hints

from tcpassay.core import events
from tcpassay.core.trace import Entry, FieldDiff, Judgement, Kind
from tcpassay.wire.connections import Base, Conn, Connection, Number

if TYPE_CHECKING:
    from tcpassay.core.json_values import Json
    from tcpassay.wire.connections import Connections
    from tcpassay.wire.relative import Ports

#: Kinds whose data is a named tuple.
RECORDS: dict[str, type[tuple[object, ...]]] = {
    "call": events.Call,
    "return": events.Returned,
    "signal": events.Signalled,
    "exit": events.Exited,
    "read-state": events.ReadState,
    "state": events.StateRead,
    "stats": events.StatsRead,
    "spawn": events.Spawn,
    "kill": events.Kill,
    "expect": Judgement,
}
#: Kinds whose data is a number, a text, a pair or nothing.
PLAIN: dict[str, type] = {
    "cancel": int,
    "advance": int,
    "log": str,
    "read-stats": NoneType,
    "measure": tuple,
    "note": str,
}
DATAGRAMS = frozenset({"send", "receive"})

#: Fields of an expected segment, which the stack sends, and what they count from.
_WANTED: dict[str, Base] = {
    "seq": "stack.iss",
    "ack": "peer.iss",
    "sack": "peer.iss",
    "tsval": "stack.ts0",
    "tsecr": "peer.ts0",
}
#: RFC 9293's variables (3.3.1), which are the stack's, and what they count from.
VARIABLES: dict[str, Base] = {
    "snd.una": "stack.iss",
    "snd.nxt": "stack.iss",
    "snd.up": "stack.iss",
    "snd.wl2": "stack.iss",
    "iss": "stack.iss",
    "rcv.nxt": "peer.iss",
    "rcv.up": "peer.iss",
    "snd.wl1": "peer.iss",
    "irs": "peer.iss",
}
_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
_SPECIAL = frozenset({"base", "hex", "tuple", "map"})


class TraceEvent(NamedTuple):
    """One event of a trace file.

    `data` is what the trace entry holds, with `Number` in place of each relative number; of a
    datagram it is the form of `tcpassay.wire.relative`, and `octets` what was on the wire.
    """

    n: int
    t_ns: int
    kind: Kind
    process: int
    conn: Conn | None
    data: object
    octets: bytes | None = None


class Teller:
    """Makes the numbers of events relative to connections and ports."""

    def __init__(self, connections: Connections, ports: Ports, own: tuple[str, ...]) -> None:
        self._connections = connections
        self._ports = ports
        self._own = _ANY_ADDRESS | set(own)
        self._asked: Connection | None = None

    def tell(self, entry: Entry) -> tuple[Conn | None, object]:
        """The connection of an entry that is no datagram, and its data with relative numbers."""
        data = entry.data
        match data:
            case events.Call():
                return None, data._replace(args=self._tagged(data.args))
            case events.Returned():
                return None, data._replace(out=self._tagged(data.out))
            case events.ReadState(local, remote):
                self._asked = self._find((*local, *remote), entry.n) if remote else None
                conn = self._asked.conn if self._asked else None
                return conn, data._replace(local=self._address(local))  # type: ignore[arg-type]
            case events.StateRead():
                return self._state(data, entry.n)
            case Judgement():
                return self._judgement(data, entry.n)
            case _:
                return None, data

    def _find(self, ends: object, n: int) -> Connection | None:
        match ends:
            case (str(local), int(local_port), str(remote), int(remote_port)):
                return self._connections.at((local, local_port, remote, remote_port), n)
            case _:
                return None

    def _tagged(self, values: tuple[events.Tagged, ...]) -> tuple[events.Tagged, ...]:
        return tuple(
            (tag, self._address(value)) if tag == "address" else (tag, value)
            for tag, value in values
        )

    def _address(self, address: object) -> object:
        match address:
            case (str(host), int(port)) if host in self._own:
                return (host, self._ports.number(port))
            case _:
                return address

    def _state(self, data: events.StateRead, n: int) -> tuple[Conn | None, object]:
        connection, self._asked = self._asked, None
        if connection is None:
            return None, data
        numbers: dict[str, object] = {}
        for name, value in data.numbers.items():
            base = VARIABLES.get(name)
            numbers[name] = value if base is None else connection.number(base, value, n)
        return connection.conn, data._replace(numbers=numbers)  # type: ignore[arg-type]

    def _judgement(self, data: Judgement, n: int) -> tuple[Conn | None, object]:
        connection = self._find(data.want.get("conn"), n)
        if connection is None and data.event is not None:
            seen = self._connections.seen.get(data.event)
            connection = seen.connection if seen else None
        if connection is None:
            return None, data
        want = self._want(data.want, connection, n)
        return connection.conn, data._replace(want=want)

    def _want(
        self, want: Mapping[str, object], connection: Connection, n: int
    ) -> dict[str, object]:
        out: dict[str, object] = {}
        for name, value in want.items():
            base = _WANTED.get(name)
            if name == "conn" and isinstance(value, tuple) and len(value) == 4:
                out[name] = (value[0], self._ports.number(value[1]), *value[2:])
            elif base is not None:
                out[name] = _counted(value, connection, base, n)
            elif isinstance(value, list | tuple):
                inner = [
                    self._want(item, connection, n) if isinstance(item, dict) else item
                    for item in value
                ]
                out[name] = type(value)(inner)
            else:
                out[name] = value
        return out


def _counted(value: object, connection: Connection, base: Base, n: int) -> object:
    """A wanted number, or a list of them, relative."""
    if isinstance(value, list | tuple):
        return type(value)([_counted(item, connection, base, n) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return connection.number(base, value, n)
    return value


def resolved(value: object, resolve: Callable[[object], int]) -> object:
    """`value` with every Number in it replaced by what it is worth."""
    if isinstance(value, Number):
        return resolve(value)
    if isinstance(value, dict):
        return {key: resolved(item, resolve) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, resolve) for item in value]
    if isinstance(value, tuple):
        items = [resolved(item, resolve) for item in value]
        make = getattr(type(value), "_make", tuple)
        return make(items)
    return value


def to_json(value: object, *, exact: bool = False) -> Json:
    """A form as JSON holds it; tuples become lists unless `exact`, what is unknown its repr."""
    if isinstance(value, Number):
        return {"base": value.base, "offset": value.offset}
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list | tuple):
        items: list[Json] = [to_json(item, exact=exact) for item in value]
        return {"tuple": items} if exact and isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        if _SPECIAL.isdisjoint(value) and all(isinstance(key, str) for key in value):
            return {key: to_json(item, exact=exact) for key, item in value.items()}
        return {"map": [to_json([key, item], exact=exact) for key, item in value.items()]}
    return repr(value)


def from_json(value: Json, *, exact: bool = False) -> object:
    """What `to_json` was given. Unless `exact`, lists become tuples.

    Raises KeyError, TypeError or ValueError for what it cannot have written.
    """
    if isinstance(value, list):
        items = [from_json(item, exact=exact) for item in value]
        return items if exact else tuple(items)
    if not isinstance(value, dict):
        return value
    if "base" in value:
        offset = value["offset"]
        if not isinstance(offset, int):
            msg = f"wanted a whole offset, got {offset!r}"
            raise TypeError(msg)
        return Number(str(value["base"]), offset)
    if "hex" in value:
        return bytes.fromhex(str(value["hex"]))
    if "tuple" in value:
        return tuple(_items(value["tuple"], exact=exact))
    if "map" in value:
        return dict(_items(value["map"], exact=exact))  # type: ignore[arg-type]
    return {key: from_json(item, exact=exact) for key, item in value.items()}


def _items(value: Json, *, exact: bool) -> list[object]:
    if not isinstance(value, list):
        msg = f"wanted a list, got {value!r}"
        raise TypeError(msg)
    return [from_json(item, exact=exact) for item in value]


def record_to_json(data: object) -> Json:
    """A named tuple as its fields; a judgement's wants keep tuples and lists apart."""
    if not isinstance(data, tuple) or not hasattr(data, "_asdict"):
        return to_json(data, exact=True)
    fields: dict[str, object] = data._asdict()
    return {name: to_json(value, exact=name == "want") for name, value in fields.items()}


def record_from_json(kind: str, value: Json) -> object:
    """What `record_to_json` was given, for an event of this kind.

    Raises KeyError, TypeError or ValueError for what it cannot have written.
    """
    record = RECORDS.get(kind)
    if record is None:
        return _held(kind, from_json(value, exact=True), PLAIN[kind])
    if not isinstance(value, dict):
        msg = f"wanted named values, got {value!r}"
        raise TypeError(msg)
    fields = {name: from_json(item, exact=name == "want") for name, item in value.items()}
    if kind == "expect":
        diff = fields.get("diff", ())
        fields["diff"] = tuple(FieldDiff(*row) for row in diff)  # type: ignore[attr-defined]
    for name, wanted in _shapes(record).items():
        if name in fields:
            _held(name, fields[name], wanted)
    return record(**fields)


@cache
def _shapes(record: type) -> dict[str, tuple[type, ...]]:
    """What each field of a record may be: a number, a text, a tuple, nothing."""
    shapes = {}
    for name, hint in get_type_hints(record).items():
        each = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        shapes[name] = tuple(get_origin(one) or one for one in each)
    return shapes


def _held(name: str, value: object, wanted: type | tuple[type, ...]) -> object:
    if not isinstance(value, wanted):
        msg = f"{name} cannot be {value!r:.60}"
        raise TypeError(msg)
    return value
