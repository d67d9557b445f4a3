"""A case as JSON and back: what corpus files and the traces of findings hold.

Fields that have their usual value are left out, so a case reads as what is special about it.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import lru_cache
from struct import error as StructError  # noqa: N812 - an exception class
from typing import TYPE_CHECKING, cast

from tcpassay.core.json_values import Json, array, mapping, whole_number
from tcpassay.fuzz.cases.octets import Ends, segment_octets
from tcpassay.fuzz.cases.steps import (
    FLAWS,
    PER_PORT,
    PORTS,
    Do,
    FuzzCase,
    LearnedCookie,
    Listen,
    Raw,
    Send,
    Step,
    Tell,
    Wait,
)
from tcpassay.wire import (
    ACK,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    NoOperation,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)
from tcpassay.wire.eventforms import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcpassay.targets.contract import IpVersion
    from tcpassay.wire import Option

#: Of what `case_to_json` writes. Another version is refused.
CASE_SCHEMA = 1

_STEPS: dict[str, type[Step]] = {
    "send": Send, "icmp": Tell, "raw": Raw, "call": Do, "listen": Listen, "wait": Wait,
}  # fmt: skip
_STEP_NAMES = {kind: name for name, kind in _STEPS.items()}
_OPTIONS: dict[str, type[Option | LearnedCookie]] = {
    "eol": EndOfList, "nop": NoOperation, "mss": MaximumSegmentSize, "wscale": WindowScale,
    "sack-permitted": SackPermitted, "sack": Sack, "timestamps": Timestamps,
    "fastopen": FastOpen, "learned-cookie": LearnedCookie, "unknown": UnknownOption,
    "unreadable": UnreadableOptions,
}  # fmt: skip
_OPTION_NAMES = {kind: name for name, kind in _OPTIONS.items()}
_BAD = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, StructError)


def case_to_json(case: FuzzCase) -> dict[str, Json]:
    """A case as values that JSON holds."""
    out: dict[str, Json] = {"schema": CASE_SCHEMA, "origin": case.origin, "ip": case.ip}
    if case.settings:
        out["settings"] = list(case.settings)
    if case.iss is not None:
        out["iss"] = case.iss
    out["steps"] = [_step_to_json(step) for step in case.steps]
    return out


def case_from_json(value: Json) -> FuzzCase:
    """The case that `case_to_json` was given.

    Raises ValueError that names the step and what is wrong with it.
    """
    try:
        form = mapping(value)
        if form["schema"] != CASE_SCHEMA:
            msg = f"case of schema {form['schema']!r}; this tcpassay reads schema {CASE_SCHEMA}"
            raise ValueError(msg)
        ip = whole_number(form["ip"])
        if ip not in (4, 6):
            msg = f"ip is {ip}, wanted 4 or 6"
            raise ValueError(msg)
        steps = array(form["steps"])
        iss = whole_number(form["iss"]) if "iss" in form else None
        settings = tuple(str(name) for name in array(form.get("settings", [])))
    except _BAD as error:
        raise ValueError(_reason(error)) from None
    made = tuple(_step_from_json(step, place) for place, step in enumerate(steps))
    return FuzzCase(made, str(form.get("origin", "")), cast("IpVersion", ip), settings, iss)


def _step_to_json(step: Step) -> Json:
    if type(step) is Send:
        return _send_to_json(step)
    if type(step) is not Do:
        return _any_to_json(step)
    held = _CALLS.get(id(step))
    if held is None:
        if len(_CALLS) >= _MOST_CALLS:
            _CALLS.clear()
        held = _CALLS[id(step)] = step, _any_to_json(step)
    return held[1]


#: Calls that many cases share, by their identity; they are kept, so that no other has it.
_CALLS: dict[int, tuple[Do, Json]] = {}
_MOST_CALLS = 1_024


def _send_to_json(step: Send) -> Json:
    # A campaign writes a dozen of these for every second case: 1 us each, 5 by names of fields.
    conn, flags, seq, ack, window, data, options, urgent, flaws = step
    values: dict[str, Json] = {}
    if conn:
        values["conn"] = conn
    if flags != ACK:
        values["flags"] = flags
    if seq:
        values["seq"] = seq
    if ack is not None:
        values["ack"] = ack
    if window != _USUAL_WINDOW:
        values["window"] = window
    if data:
        values["data"] = data
    if options:
        values["options"] = [_option_to_json(option) for option in options]
    if urgent:
        values["urgent"] = urgent
    if flaws:
        values["flaws"] = dict(flaws)
    return {"send": values}


_USUAL_WINDOW = Send().window


def _any_to_json(step: Step) -> Json:
    values: dict[str, Json] = {}
    for name, value in step._asdict().items():
        if value != step._field_defaults.get(name, _NEVER):
            values[name] = _field_to_json(name, value)
    return {_STEP_NAMES[type(step)]: values}


def _field_to_json(name: str, value: object) -> Json:
    if name == "options":
        return [_option_to_json(option) for option in cast("tuple[Option, ...]", value)]
    if name == "flaws":
        return dict(cast("tuple[tuple[str, int], ...]", value))
    return to_json(value, exact=name == "args")


@lru_cache(maxsize=1_024)
def _option_to_json(option: Option | LearnedCookie) -> Json:
    kind = type(option)
    values = (
        {each.name: getattr(option, each.name) for each in fields(option)}
        if is_dataclass(option)
        else option._asdict()
    )
    return {_OPTION_NAMES[kind]: to_json(values, exact=True)}


def _step_from_json(value: Json, place: int) -> Step:
    try:
        ((name, body),) = mapping(value).items()
        kind = _STEPS[name]
        values = {key: _field_from_json(key, item) for key, item in mapping(body).items()}
        return _checked(kind(**values))  # type: ignore[arg-type]
    except _BAD as error:
        msg = f"step {place}: {_reason(error)}"
        raise ValueError(msg) from None


def _field_from_json(name: str, value: Json) -> object:
    if name == "options":
        return tuple(_option_from_json(item) for item in array(value))
    if name == "flaws":
        return tuple((key, whole_number(number)) for key, number in mapping(value).items())
    return from_json(value, exact=name == "args")


def _option_from_json(value: Json) -> Option | LearnedCookie:
    ((name, body),) = mapping(value).items()
    values = {key: from_json(item, exact=True) for key, item in mapping(body).items()}
    make = cast("Callable[..., Option | LearnedCookie]", _OPTIONS[name])
    option = make(**values)
    if isinstance(option, LearnedCookie):
        whole_number(option.flip)
    else:
        option.encode()
    return option


def _checked(step: Step) -> Step:
    """A step that can be played: fields in their ranges, segments that can be built."""
    for name, value in step._asdict().items():
        _check_field(name, value)
    match step:
        case Send(flaws=flaws):
            for flaw, _ in flaws:
                if flaw not in FLAWS:
                    msg = f"unknown flaw {flaw!r}; wanted one of {', '.join(FLAWS)}"
                    raise ValueError(msg)
            segment_octets(step, Ends(_SOMEBODY, _SOMEBODY, 0, 0))
        case Do(args=args):
            _check_args(args)
        case Raw(octets=octets):
            bytes.join(b"", (octets,))
        case _:
            pass
    return step


def _check_field(name: str, value: object) -> None:
    if name in _NAMES:
        if not isinstance(value, str):
            msg = f"{name} is {value!r}, wanted a text"
            raise ValueError(msg)
    elif name in _RANGES and not (name == "ack" and value is None):
        least, most = _RANGES[name]
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            msg = f"{name} is {value!r}, wanted a whole number from {least} to {most}"
            raise ValueError(msg)


def _check_args(args: Iterable[object]) -> None:
    for arg in args:
        match arg:
            case ("address", ("stack" | "peer", int())):
                continue
            case ("address", _):
                msg = f"address {arg[1]!r}, wanted stack or peer, and a number"
                raise ValueError(msg)
            case (str(), _):
                continue
            case _:
                msg = f"argument {arg!r}, wanted a tag and a value"
                raise ValueError(msg)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing or unknown"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


_NEVER = object()
_NAMES = frozenset({"call", "on", "gives"})
_NUMBER = -(1 << 33), 1 << 33
#: Fields that hold a number, and from where to where it may be.
_RANGES = {
    "conn": (0, PORTS * PER_PORT - 1), "flags": (0, 0x1FF), "seq": _NUMBER, "ack": _NUMBER,
    "window": (0, 0xFFFF), "data": (0, 0xFFFF), "urgent": (0, 0xFFFF), "ns": (0, 1 << 63),
    "type": (0, 255), "code": (0, 255), "rest": (0, 0xFFFFFFFF), "quoted": (0, 0xFFFF),
    "port": (0, PORTS - 1), "backlog": (-(1 << 31), (1 << 31) - 1),
}  # fmt: skip
#: Ends of a connection that a segment is built for to see whether it can be.
_SOMEBODY = ("192.0.2.1", 1)
