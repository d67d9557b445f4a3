"""Steps as text, for people to write and read: one line a step, and back.

    app: listen listener 5                            app: accept4 listener SOCK_NONBLOCK -> c0
    peer: S seq=0 <mss 1460, sackOK>                  peer 1: FA seq=rcv.nxt ack=snd.nxt data=10
    peer: A seq=1 ack=2^31-1 window=0 !checksum=1     icmp: 3/4 seq=1 rest=1400 quoted=28
    raw: 450000280000                                 wait 10ms
    listen: listener backlog=5                        (socket, bind and listen in one step)

Numbers are sums of decimal numbers, powers like 2^31, and names that the reader gives values to.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

from tcpassay.core.toml_places import nearest
from tcpassay.fuzz.cases.option_text import options_of, options_text
from tcpassay.fuzz.cases.steps import FLAWS, Do, FuzzCase, Listen, Raw, Send, Step, Tell, Wait
from tcpassay.fuzz.cases.sums import StepError, number_of
from tcpassay.wire import BuildError, flags_text, flags_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tcpassay.core.events import Tagged
    from tcpassay.targets.contract import IpVersion

#: Tags of a call's arguments, in the order in which they are written without their name.
CALLS: Final[dict[str, tuple[str, ...]]] = {
    "socket": ("flags", "value"),
    "bind": ("address",),
    "connect": ("address",),
    "listen": ("length",),
    "accept": (),
    "accept4": ("flags",),
    "send": ("text", "flags"),
    "sendmsg": ("text", "flags", "address"),
    "recv": ("length", "flags"),
    "recvmsg": ("length", "flags"),
    "shutdown": ("name",),
    "close": (),
    "setsockopt": ("name", "name", "value"),
    "getsockopt": ("name", "name"),
    "fcntl": ("name", "flags"),
    "ioctl": ("name",),
    "getsockname": (),
    "getpeername": (),
    "poll": ("pollfds", "timeout"),
    "select": ("fds", "fds", "fds", "timeout"),
    "dup": (),
    "setrlimit": ("name", "value"),
    "_exit": ("value",),
}
_TAGS: Final = frozenset(
    {
        "fd", "fds", "pollfds", "address", "flags", "name", "text", "texts", "octets", "length",
        "value", "linger", "timeout", "state",
    }
)  # fmt: skip
_NUMBERS: Final = frozenset({"fd", "length", "value", "timeout"})
_UNITS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_DEFAULT: Final = Send()
_FIELDS: Final = ("seq", "ack", "window", "data", "urgent")
_KINDS: Final = ("peer", "icmp", "raw", "app", "listen", "wait")

_STEP = re.compile(r"(peer|icmp|app|raw|listen)(?: (\d+))?:\s*(.*)", re.DOTALL)
_WAIT = re.compile(r"wait (\d+)(ns|us|ms|s)")
_OPTIONS = re.compile(r"<([^>]*)>")
_WORD = re.compile(r"[A-Za-z_][\w.-]*")
_PLACE = re.compile(r"(stack|peer):(\d+)")


# -- steps as text ---------------------------------------------------------------------------------


def step_text(step: Step) -> str:
    """A step on one line."""
    match step:
        case Send():
            return _segment_text(step)
        case Tell(conn, type_, code, seq, rest, quoted):
            return (
                f"icmp{f' {conn}' if conn else ''}: {type_}/{code} "
                f"seq={seq} rest={rest} quoted={quoted}"
            )
        case Raw(octets):
            return f"raw: {octets.hex()}"
        case Wait(ns):
            unit = next(unit for unit in ("s", "ms", "us", "ns") if not ns % _UNITS[unit])
            return f"wait {ns // _UNITS[unit]}{unit}"
        case Listen(gives, port, backlog):
            at = f" port={port}" if port else ""
            return f"listen: {gives}{at} backlog={backlog}"
        case Do():
            return _call_text(step)


def _segment_text(step: Send) -> str:
    words = [f"peer {step.conn}:" if step.conn else "peer:", flags_text(step.flags) or "-"]
    words.append(f"seq={step.seq}")
    if step.ack is not None:
        words.append(f"ack={step.ack}")
    for name in ("window", "data", "urgent"):
        value = getattr(step, name)
        if value != getattr(_DEFAULT, name):
            words.append(f"{name}={value}")
    if step.options:
        words.append(f"<{options_text(step.options)}>")
    words += [f"!{name}={value}" for name, value in step.flaws]
    return " ".join(words)


def _call_text(step: Do) -> str:
    words = ["app:", step.call]
    if step.call != "socket":
        words.append(step.on or "-")
    elif step.on:
        words.append(f"on={step.on}")
    shape = CALLS.get(step.call, ())
    for at, (tag, value) in enumerate(step.args):
        text = _value_text(tag, value)
        words.append(text if at < len(shape) and shape[at] == tag else f"{tag}={text}")
    if step.gives:
        words += ["->", step.gives]
    return " ".join(words)


def _value_text(tag: str, value: object) -> str:
    text = _short(tag, value)
    if text is not None:
        return text
    plain = value.hex() if isinstance(value, bytes) else value
    written = json.dumps(plain, separators=(",", ":"))
    return written.replace(" ", "\\u0020").replace("<", "\\u003c")


def _short(tag: str, value: object) -> str | None:
    """A value in the form for people, None where it has none."""
    match tag, value:
        case "address", ("stack" | "peer" as side, int(number)):
            return f"{side}:{number}"
        case "flags", (*flags,) if all(isinstance(f, str) and _WORD.fullmatch(f) for f in flags):
            return "|".join(map(str, flags)) or "0"
        case "name", str() if _WORD.fullmatch(value) and value != "null":
            return value
        case "linger", (int(on), int(seconds)):
            return f"{on},{seconds}"
        case "octets", bytes():
            return f"0x{value.hex()}"
        case _ if isinstance(value, int) and (tag in _NUMBERS or tag == "text"):
            return str(int(value))
    return None


# -- steps from text -------------------------------------------------------------------------------


def steps_of(text: str, names: Mapping[str, int] | None = None) -> tuple[Step, ...]:
    """The step of a line, or the steps where it names several connections: `peer 0-3: S seq=0`.

    `names` are what numbers may name. Raises StepError.
    """
    return _parsed(text.strip(), tuple((names or {}).items()))


def step_of(text: str, names: Mapping[str, int] | None = None) -> Step:
    """The step of a line that is one. Raises StepError."""
    steps = steps_of(text, names)
    if len(steps) != 1:
        raise StepError(f"{text!r} is {len(steps)} steps, wanted one")
    return steps[0]


_MANY = re.compile(r"(peer|icmp) ([^\s:]+):\s*(.*)", re.DOTALL)


@lru_cache(maxsize=1_024)
def _parsed(text: str, names: tuple[tuple[str, int], ...]) -> tuple[Step, ...]:
    many = _MANY.fullmatch(text)
    if many is not None and not many[2].isdecimal():
        return tuple(
            _one(f"{many[1]} {conn}: {many[3]}", dict(names)) for conn in _several(many[2])
        )
    return (_one(text, dict(names)),)


def _several(text: str) -> list[int]:
    """`0-3,7` and `3-0`: connections, in the order written."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(first + last) > 6:
            raise StepError(f"connections are {text!r}, wanted numbers and ranges such as 0-3,7")
        start, end = int(first), int(last or first)
        found += range(start, end + 1) if start <= end else range(start, end - 1, -1)
    return found


def _one(text: str, names: Mapping[str, int]) -> Step:
    if waited := _WAIT.fullmatch(text):
        return Wait(int(waited[1]) * _UNITS[waited[2]])
    split = _STEP.fullmatch(text)
    if split is None or (split[2] and split[1] not in {"peer", "icmp"}):
        first = re.split(r"[\s:]", text, maxsplit=1)[0]
        raise StepError(
            f"step {text!r}, wanted 'peer: FLAGS ...', 'icmp: TYPE/CODE ...', 'app: CALL ...', "
            f"'raw: HEX', 'listen: NAME' or 'wait 10ms'{nearest(first, _KINDS)}"
        )
    kind, conn, rest = split[1], int(split[2] or 0), split[3]
    if kind == "peer":
        return _segment(conn, rest, names)
    if kind == "icmp":
        return _message(conn, rest, names)
    if kind == "raw":
        return Raw(_hex(rest))
    if kind == "listen":
        return _listener(rest, names)
    return _call(rest, names)


def _listener(text: str, names: Mapping[str, int]) -> Listen:
    gives, *words = text.split() or [""]
    if not _WORD.fullmatch(gives):
        raise StepError(f"a listener is named {gives!r}, wanted a word such as 'listener'")
    pairs = _pairs(words, ("port", "backlog"))
    values = {name: number_of(value, names) for name, value in pairs}
    return Listen(gives, **values)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise StepError(f"octets are {text!r}, wanted hexadecimal digits") from None


def _pairs(words: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for word in words:
        name, equals, value = word.partition("=")
        if name not in known:
            wanted = f"wanted {', '.join(known)}"
            raise StepError(f"unknown word {name!r}{nearest(name, known) or f'; {wanted}'}")
        if not equals:
            raise StepError(f"{name!r} has no value, wanted {name}=NUMBER")
        pairs.append((name, value))
    return pairs


def _segment(conn: int, text: str, names: Mapping[str, int]) -> Send:
    found = _OPTIONS.search(text)
    options = options_of(found[1], lambda word: number_of(word, names)) if found else ()
    words = (_OPTIONS.sub(" ", text, count=1) if found else text).split()
    if not words:
        raise StepError("a segment has no flags, wanted letters of FSRPAUECN, or '-' for none")
    try:
        flags = flags_value("" if words[0] == "-" else words[0])
    except BuildError:
        raise StepError(
            f"flags are {words[0]!r}, wanted letters of FSRPAUECN, or '-' for none"
        ) from None
    fields = [word for word in words[1:] if not word.startswith("!")]
    wrong = [word[1:] for word in words[1:] if word.startswith("!")]
    values = {name: number_of(value, names) for name, value in _pairs(fields, _FIELDS)}
    flaws = tuple((name, number_of(value, names)) for name, value in _pairs(wrong, FLAWS))
    step = Send(conn, flags, options=options, flaws=flaws)
    return step._replace(**values)  # type: ignore[arg-type]


def _message(conn: int, text: str, names: Mapping[str, int]) -> Tell:
    first, *words = text.split() or [""]
    type_, slash, code = first.partition("/")
    if not (type_.isdecimal() and slash and code.isdecimal()):
        raise StepError(f"an ICMP message is {first!r}, wanted TYPE/CODE, as in 3/4")
    pairs = _pairs(words, ("seq", "rest", "quoted"))
    values = {name: number_of(value, names) for name, value in pairs}
    return Tell(conn, int(type_), int(code))._replace(**values)


def _call(text: str, names: Mapping[str, int]) -> Do:
    words = text.split()
    gives = ""
    if len(words) > 1 and words[-2] == "->":
        gives = words[-1]
        words = words[:-2]
    if not words or "->" in words:
        raise StepError(f"a call is {text!r}, wanted CALL DESCRIPTOR ARGUMENTS -> NEW DESCRIPTOR")
    call, *rest = words
    if call not in CALLS:
        hint = nearest(call, CALLS) or f", wanted one of {', '.join(CALLS)}"
        raise StepError(f"unknown call {call!r}{hint}")
    on = ""
    if call != "socket":
        if not rest:
            raise StepError(f"{call}() has no descriptor, wanted its name, or '-' for none")
        on, *rest = rest
        on = "" if on == "-" else on
    elif rest and rest[0].startswith("on="):
        on, *rest = rest[0][3:], *rest[1:]
    shape = CALLS.get(call, ())
    args = tuple(
        _argument(word, shape[at] if at < len(shape) else "", call, names)
        for at, word in enumerate(rest)
    )
    return Do(call, on, gives, args)


def _argument(word: str, tag: str, call: str, names: Mapping[str, int]) -> Tagged:
    name, equals, value = word.partition("=")
    if equals and name in _TAGS:
        return name, _value(name, value, names)
    if not tag:
        raise StepError(f"{call}() has the argument {word!r} too many, or it lacks its TAG=")
    return tag, _value(tag, word, names)


def _value(tag: str, text: str, names: Mapping[str, int]) -> object:
    if text[:1] in {'"', "[", "{"} or text == "null":
        try:
            value = _tuples(json.loads(text))
        except ValueError:
            raise StepError(f"{tag} is {text!r}, wanted JSON") from None
        return bytes.fromhex(value) if tag == "octets" and isinstance(value, str) else value
    if tag == "address":
        place = _PLACE.fullmatch(text)
        if place is None:
            raise StepError(f"address is {text!r}, wanted stack:PORT or peer:CONNECTION")
        return place[1], int(place[2])
    if tag == "flags":
        return () if text == "0" else tuple(text.split("|"))
    if tag == "name":
        return text
    if tag == "octets":
        return _hex(text.removeprefix("0x"))
    if tag == "linger":
        on, _, seconds = text.partition(",")
        return number_of(on, names), number_of(seconds, names)
    return number_of(text, names)


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


# -- cases -----------------------------------------------------------------------------------------


def case_text(case: FuzzCase) -> str:
    """A case as lines: what is not as usual of it, then its steps."""
    lines = []
    if case.origin:
        lines.append(f"# {case.origin}")
    if case.ip != 4:
        lines.append(f"ip = {case.ip}")
    if case.settings:
        lines.append(f"settings = {' '.join(case.settings)}")
    if case.iss is not None:
        lines.append(f"iss = {case.iss}")
    return "\n".join([*lines, *map(step_text, case.steps)]) + "\n"


def case_of(text: str) -> FuzzCase:
    """The case of such lines. Raises StepError, which says the line's number."""
    case = FuzzCase(())
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = line.partition(" = ")
        try:
            if line.startswith("#"):
                case = case._replace(origin=case.origin or line[1:].strip())
            elif key == "ip" and value in {"4", "6"}:
                case = case._replace(ip=cast("IpVersion", int(value)))
            elif key == "settings":
                case = case._replace(settings=tuple(value.split()))
            elif key == "iss":
                case = case._replace(iss=number_of(value))
            elif line.strip():
                steps += steps_of(line)
        except StepError as error:
            raise StepError(f"line {number}: {error}") from None
    return case._replace(steps=tuple(steps))
