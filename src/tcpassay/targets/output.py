"""What a Python stack hands over, checked and turned into events."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tcpassay.core.events import Exited, Logged, Returned, Sent, Signalled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.errors import AgentFault
    from tcpassay.core.events import StackEvent, Tagged

_SHAPES = {
    "datagram": '("datagram", octets)',
    "return": '("return", call, process, value, errno or None, ((tag, value), ...))',
    "signal": '("signal", process, name)',
    "exit": '("exit", process, status)',
    "log": '("log", text)',
}
#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new = tuple.__new__


def convert(
    output: Sequence[tuple[object, ...]], now_ns: int, refuse: Callable[[str], AgentFault]
) -> list[StackEvent]:
    """Events at `now_ns` for the items of `take_output`. Raises what `refuse` makes."""
    events: list[StackEvent] = []
    for item in output:
        kind = item[0] if type(item) is tuple and item else None
        if kind == "datagram" and len(item) == 2 and isinstance(item[1], bytes):
            events.append(_new(Sent, (now_ns, item[1])))
        elif kind == "return":
            events.append(_returned(item, now_ns, refuse))
        else:
            events.append(_other(item, now_ns, refuse))
    return events


def _returned(
    item: tuple[object, ...], now_ns: int, refuse: Callable[[str], AgentFault]
) -> Returned:
    if len(item) == 6:
        _, call, process, value, errno, out = item
        if (
            isinstance(call, int)
            and isinstance(process, int)
            and isinstance(value, int)
            and (errno is None or isinstance(errno, str))
            and _is_tagged(out)
        ):
            results = tuple(cast("list[Tagged]", out))
            return _new(Returned, (now_ns, call, process, value, errno, results))
    raise refuse(_wrong(item))


def _other(
    item: tuple[object, ...], now_ns: int, refuse: Callable[[str], AgentFault]
) -> StackEvent:
    match item:
        case ("signal", int(process), str(name)):
            return Signalled(now_ns, process, name)
        case ("exit", int(process), int(status)):
            return Exited(now_ns, process, status)
        case ("log", str(text)):
            return Logged(now_ns, text)
        case _:
            raise refuse(_wrong(item))


def _is_tagged(out: object) -> bool:
    if out == ():
        return True
    return isinstance(out, (tuple, list)) and all(
        isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in out
    )


def _wrong(item: object) -> str:
    kind = item[0] if isinstance(item, tuple) and item else None
    wanted = _SHAPES.get(kind) if isinstance(kind, str) else None
    shown = repr(item)
    if len(shown) > 120:
        shown = shown[:117] + "..."
    return f"take_output() gave {shown}, wanted {wanted or 'one of ' + ', '.join(_SHAPES)}"
