"""Agent protocol, version 1: commands and events as frames, and back."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Exited,
    Idle,
    Kill,
    Logged,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    Signalled,
    Spawn,
    StartCall,
    StateRead,
    StatsRead,
)
from tcpassay.targets.protocol import PROTOCOL, Frame, ProtocolError, Type, encode, shown
from tcpassay.targets.tagged import PLAIN, address, from_json, to_json, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Command, StackEvent, Tagged

_to_text: Final = json.JSONEncoder(separators=(",", ":")).encode
_to_unicode: Final = json.JSONEncoder(ensure_ascii=False).encode
_from_text: Final = json.JSONDecoder().decode

#: Members of an enumeration are slow to look up, and these are most of what goes back and forth.
_DATAGRAM: Final = int(Type.DATAGRAM)
_CALL: Final = int(Type.CALL)
_ADVANCE: Final = int(Type.ADVANCE)
_SENT: Final = int(Type.SENT)
_RETURN: Final = int(Type.RETURN)

#: The two messages that come by the thousand, as most agents write them: there is no need of a
#: reader of JSON, nor, by their digits, to look whether numbers have 64 bits.
_NUMBER: Final = rb"(-?(?:0|[1-9][0-9]{0,17}))"
_PLAIN_RETURN: Final = re.compile(
    rb'\{"id":%b,"value":%b,"errno":(?:null|"([A-Z0-9-]{1,40})"),'
    rb'"out":\[(?:\["octets","((?:[0-9a-f]{2})*)"\])?\]\}' % (_NUMBER, _NUMBER)
)
_PLAIN_IDLE: Final = re.compile(
    rb'\{"now_ns":%b,"next_deadline_ns":(?:null|%b),"blocked":\[\]\}' % (_NUMBER, _NUMBER)
)

#: The longest text that has to be a name or a line.
_LINE: Final = 200


class Hello(NamedTuple):
    """The agent's first message: who it is and what it knows."""

    protocol: int
    name: str
    version: str
    clock: str
    capabilities: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


class Start(NamedTuple):
    """What a fresh stack is to be: the answer to HELLO, step 0."""

    seed: int
    ip: int
    addresses: tuple[str, ...]
    peer: str
    prefix: int
    settings: dict[str, object]
    own_process: bool = False


class Fields:
    """The JSON object in a frame's body; what is missing or mistyped raises ProtocolError."""

    __slots__ = ("_frame", "_values")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        try:
            values = _from_text(frame.body.decode())
            if b"\\u" in frame.body:
                _to_unicode(values).encode()  # half a surrogate pair can be neither shown nor kept
        except (ValueError, RecursionError) as error:
            raise self._wrong(f"body is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise self._wrong(f"body is {shown(values)}, wanted an object")
        self._values: dict[str, object] = values

    def integer(self, key: str) -> int:
        """A whole number."""
        value = self.value(key)
        if type(value) is not int or not whole(value):
            raise self._wrong(f"{key!r} is {shown(value)}, wanted a whole number of 64 bits")
        return value

    def optional(self, key: str) -> int | None:
        """A whole number or null."""
        return None if self._values.get(key, 0) is None else self.integer(key)

    def text(self, key: str) -> str:
        """A string."""
        value = self.value(key)
        if type(value) is not str:
            raise self._wrong(f"{key!r} is {shown(value)}, wanted a string")
        return value

    def line(self, key: str) -> str:
        """A string that goes into a line: printable, of at most 200 characters."""
        value = self.text(key)
        if len(value) > _LINE or not value.isprintable():
            raise self._wrong(f"{key!r} is {shown(value)}, wanted at most {_LINE} printable ones")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """An array of whole numbers."""
        value = self.value(key)
        if value == []:
            return ()
        if not isinstance(value, list) or not all(map(whole, value)):
            raise self._wrong(f"{key!r} is {shown(value)}, wanted an array of whole numbers")
        return tuple(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings; empty where it is absent."""
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(type(item) is str for item in value):
            raise self._wrong(f"{key!r} is {shown(value)}, wanted an array of strings")
        return tuple(value)

    def numbers(self, key: str) -> dict[str, int]:
        """An object of whole numbers."""
        value = self.value(key)
        if not isinstance(value, dict) or not all(map(whole, value.values())):
            raise self._wrong(f"{key!r} is {shown(value)}, wanted an object of whole numbers")
        return value

    def address(self, key: str) -> tuple[str, int]:
        """A socket address."""
        value = self.value(key)
        try:
            return address(value)
        except TypeError:
            raise self._wrong(f'{key!r} is {shown(value)}, wanted ["192.0.2.1", 80]') from None

    def value(self, key: str) -> object:
        """Whatever stands there."""
        if key not in self._values:
            raise self._wrong(f"{key!r} is missing")
        return self._values[key]

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(key) is not None

    def _wrong(self, message: str) -> ProtocolError:
        return ProtocolError(f"{Type(self._frame.type).name} of step {self._frame.step}: {message}")


def message(kind: Type, step: int, process: int, values: dict[str, object]) -> bytes:
    """A frame whose body is a JSON object."""
    return encode(kind, step, process, _to_text(values).encode())


def hello_frame(hello: Hello) -> bytes:
    """The agent's first frame."""
    return message(Type.HELLO, 0, 0, hello._asdict())


def read_hello(frame: Frame) -> Hello:
    """What an agent says of itself. Raises ProtocolError for another first message."""
    if frame.type != Type.HELLO:
        raise ProtocolError(f"the first frame is {Type(frame.type).name}, wanted HELLO")
    fields = Fields(frame)
    protocol = fields.integer("protocol")
    if protocol != PROTOCOL:
        raise ProtocolError(f"the agent speaks protocol version {protocol}, wanted {PROTOCOL}")
    clock = fields.text("clock")
    if clock not in ("virtual", "real"):
        raise ProtocolError(f"HELLO: 'clock' is {shown(clock)}, wanted 'virtual' or 'real'")
    return Hello(
        protocol,
        fields.line("name"),
        fields.line("version"),
        clock,
        fields.texts("capabilities"),
        fields.texts("calls"),
    )


def start_frame(start: Start) -> bytes:
    """The tester's first frame."""
    return message(Type.START, 0, 0, start._asdict())


def read_start(frame: Frame) -> Start:
    """What the tester wants. Raises ProtocolError for another first message."""
    if frame.type != Type.START:
        raise ProtocolError(f"the first frame is {Type(frame.type).name}, wanted START")
    fields = Fields(frame)
    settings = fields.value("settings")
    if not isinstance(settings, dict):
        raise ProtocolError(f"START: 'settings' is {shown(settings)}, wanted an object")
    return Start(
        fields.integer("seed"),
        fields.integer("ip"),
        fields.texts("addresses"),
        fields.text("peer"),
        fields.integer("prefix"),
        settings,
        fields.value("own_process") is True,
    )


def command_frame(command: Command, step: int) -> bytes:
    """The frame that gives a command."""
    if type(command) is Datagram:
        return encode(_DATAGRAM, step, 0, command.octets)
    if type(command) is StartCall:
        call = command.call
        args = ",".join([_argument(pair) for pair in call.args])
        name = _name(call.name) or _to_text(call.name)
        text = f'{{"id":{call.id},"name":{name},"args":[{args}]}}'
        return encode(_CALL, step, call.process, text.encode())
    if type(command) is Advance:
        return encode(_ADVANCE, step, 0, b'{"until_ns":%d}' % command.until_ns)
    kind, process, values = _command_values(command)
    return message(kind, step, process, values)


def _argument(pair: Tagged) -> str:
    """JSON for an argument: most are numbers, or constants by their names, and soon written."""
    tag, value = pair
    if tag in PLAIN:
        if type(value) is int:
            return f'["{tag}",{value}]'
        if type(value) is str and (name := _name(value)):
            return f'["{tag}",{name}]'
    if tag == "octets" and type(value) is bytes:
        return f'["octets","{value.hex()}"]'
    if tag == "flags" and type(value) is tuple:
        return _flags(value)
    return _to_text(to_json((pair,))[0])


@lru_cache(maxsize=256)
def _flags(names: tuple[object, ...]) -> str:
    return _to_text(to_json((("flags", names),))[0])


@lru_cache(maxsize=256)
def _name(text: str) -> str | None:
    """JSON for a text that nothing has to be escaped in; None for any other."""
    return f'"{text}"' if text.isascii() and text.isidentifier() else None


def _command_values(command: Command) -> tuple[Type, int, dict[str, object]]:
    match command:
        case Cancel(call_id):
            return Type.CANCEL, 0, {"id": call_id}
        case ReadState(local, remote):
            return Type.READ_STATE, 0, {"local": local, "remote": remote}
        case ReadStats():
            return Type.READ_STATS, 0, {}
        case Spawn(process, fork_of, user):
            return Type.SPAWN, process, {"fork_of": fork_of, "user": user}
        case Kill(process, signal):
            return Type.KILL, process, {"signal": signal}
        case _:
            raise ProtocolError(f"{type(command).__name__} is no command of version {PROTOCOL}")


def read_command(frame: Frame) -> Command:
    """The command in a frame. Raises ProtocolError."""
    if frame.type == Type.DATAGRAM:
        return Datagram(frame.body)
    fields = Fields(frame)
    match frame.type:
        case Type.CALL:
            args = from_json(fields.value("args"))
            call = Call(fields.integer("id"), frame.process, fields.text("name"), args)
            return StartCall(call)
        case Type.ADVANCE:
            return Advance(fields.integer("until_ns"))
        case Type.CANCEL:
            return Cancel(fields.integer("id"))
        case Type.READ_STATE:
            remote = fields.address("remote") if fields.has("remote") else None
            return ReadState(fields.address("local"), remote)
        case Type.READ_STATS:
            return ReadStats()
        case Type.SPAWN:
            return Spawn(frame.process, fields.optional("fork_of"), fields.optional("user"))
        case Type.KILL:
            return Kill(frame.process, fields.text("signal"))
        case _:
            raise ProtocolError(f"{Type(frame.type).name} is no command")


def event_frame(event: StackEvent, step: int) -> bytes:
    """The frame that reports an event; its time goes by a TIME frame before it, or by IDLE."""
    if type(event) is Sent:
        return encode(Type.SENT, step, 0, event.octets)
    kind, process, values = _event_values(event)
    return message(kind, step, process, values)


def _event_values(event: StackEvent) -> tuple[Type, int, dict[str, object]]:
    match event:
        case Returned(_, call, process, value, errno, out):
            values: dict[str, object] = {
                "id": call,
                "value": value,
                "errno": errno,
                "out": to_json(out),
            }
            return Type.RETURN, process, values
        case Signalled(_, process, name):
            return Type.SIGNAL, process, {"name": name}
        case Exited(_, process, status):
            return Type.EXIT, process, {"status": status}
        case Logged(_, text):
            return Type.LOG, 0, {"text": text}
        case StateRead(_, state, numbers):
            return Type.STATE, 0, {"state": state, "numbers": numbers}
        case StatsRead(_, numbers):
            return Type.STATS, 0, {"numbers": numbers}
        case _:
            raise ProtocolError(f"{type(event).__name__} is no event of version {PROTOCOL}")


def read_event(frame: Frame, t_ns: int) -> StackEvent:
    """The event in a frame, as having happened at `t_ns`. Raises ProtocolError."""
    if frame.type == _SENT:
        return Sent(t_ns, frame.body)
    if frame.type == _RETURN and (plain := _PLAIN_RETURN.fullmatch(frame.body)):
        call, value, errno, text = plain.groups()
        name = errno.decode() if errno is not None else None
        out = (("octets", bytes.fromhex(text.decode())),) if text is not None else ()
        return Returned(t_ns, int(call), frame.process, int(value), name, out)
    read = _EVENTS.get(frame.type)
    if read is None:
        raise ProtocolError(f"{Type(frame.type).name} of step {frame.step} is no event")
    return read(Fields(frame), frame, t_ns)


def _read_return(fields: Fields, frame: Frame, t_ns: int) -> StackEvent:
    errno = fields.line("errno") if fields.has("errno") else None
    out = from_json(fields.value("out")) if fields.has("out") else ()
    return Returned(t_ns, fields.integer("id"), frame.process, fields.integer("value"), errno, out)


_EVENTS: Final = cast(
    "dict[int, Callable[[Fields, Frame, int], StackEvent]]",
    {
        Type.RETURN: _read_return,
        Type.SIGNAL: lambda f, frame, t: Signalled(t, frame.process, f.line("name")),
        Type.EXIT: lambda f, frame, t: Exited(t, frame.process, f.integer("status")),
        Type.LOG: lambda f, _, t: Logged(t, f.text("text")),
        Type.STATE: lambda f, _, t: StateRead(t, f.line("state"), f.numbers("numbers")),
        Type.STATS: lambda f, _, t: StatsRead(t, f.numbers("numbers")),
    },
)


def idle_frame(idle: Idle, step: int) -> bytes:
    """The last frame of every answer."""
    deadline = "null" if idle.next_deadline_ns is None else idle.next_deadline_ns
    blocked = ",".join(map(str, idle.blocked))
    text = f'{{"now_ns":{idle.now_ns},"next_deadline_ns":{deadline},"blocked":[{blocked}]}}'
    return encode(Type.IDLE, step, 0, text.encode())


def read_idle(frame: Frame) -> Idle:
    """The idle in a frame. Raises ProtocolError."""
    if plain := _PLAIN_IDLE.fullmatch(frame.body):
        now, deadline = plain.groups()
        return Idle(int(now), int(deadline) if deadline is not None else None, ())
    fields = Fields(frame)
    now = fields.integer("now_ns")
    return Idle(now, fields.optional("next_deadline_ns"), fields.integers("blocked"))


def time_frame(t_ns: int, step: int) -> bytes:
    """The time of the events that follow it, where that is not the time of IDLE."""
    return message(Type.TIME, step, 0, {"t_ns": t_ns})
