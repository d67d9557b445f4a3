"""How a case may be made simpler without leaving out a step: fields at their usual values.

An `Edit` names one thing that is unusual. `plainly(case, edits)` is the case with all of them
usual; what is usual for a number hangs on the steps before it, so that is worked out then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Listen, Raw, Send, Tell, Wait, listen_calls
from tcpassay.wire import ACK, FIN, SYN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tcpassay.fuzz.cases.steps import Step

_MASK, _HALF = 0xFFFFFFFF, 1 << 31
_SECOND = 1_000_000_000
#: The step that edits of the case itself stand at.
CASE = -1

_S = TypeVar("_S", bound="Step")


class Edit(NamedTuple):
    """One thing of step `step` that is made usual: a field, or its part `part`."""

    step: int
    name: str
    part: object = None


class Books:
    """What a right peer's next number and acknowledgement are on each connection."""

    def __init__(self) -> None:
        self._next: dict[int, int] = {}
        self._acked: dict[int, int] = {}

    def seq(self, conn: int) -> int:
        return self._next.get(conn, 0)

    def ack(self, conn: int) -> int:
        return self._acked.get(conn, 1)

    def sent(self, step: Send) -> None:
        """A segment moves the peer's numbers on where it is in order, and nowhere else."""
        at, length = self.seq(step.conn), length_of(step)
        if step.seq == at or (step.flags & SYN and not at):
            self._next[step.conn] = (step.seq + length) & _MASK
        if step.flags & ACK and step.ack is not None and 0 < step.ack < _HALF:
            self._acked[step.conn] = max(self.ack(step.conn), step.ack)


def length_of(step: Send) -> int:
    """SEG.LEN."""
    return step.data + bool(step.flags & SYN) + bool(step.flags & FIN)


# -- what is unusual ------------------------------------------------------------------------------


def unusual(case: FuzzCase) -> tuple[Edit, ...]:
    """All that could be more usual in a case, in the order of its steps."""
    edits = [Edit(CASE, "settings", name) for name in case.settings]
    if case.ip != 4:
        edits.append(Edit(CASE, "ip"))
    if case.iss is not None:
        edits.append(Edit(CASE, "iss"))
    books = Books()
    for place, step in enumerate(case.steps):
        edits += [Edit(place, name, part) for name, part in _of_step(step, books)]
        if isinstance(step, Send):
            books.sent(step)
    return tuple(edits)


def _of_step(step: Step, books: Books) -> Iterator[tuple[str, object]]:
    match step:
        case Send():
            yield from _of_segment(step, books)
        case Tell():
            usual = Tell()
            for name in ("rest", "quoted"):
                if getattr(step, name) != getattr(usual, name):
                    yield name, None
        case Do(call="send", args=args):
            if any(tag == "text" and value != 1 for tag, value in args):
                yield "text", None
        case Listen(backlog=backlog):
            if backlog != Listen().backlog:
                yield "backlog", None
        case _:
            pass


def _of_segment(step: Send, books: Books) -> Iterator[tuple[str, object]]:
    for part in range(len(step.options)):
        yield "options", step.options[part]
    for flaw in step.flaws:
        yield "flaws", flaw
    for bit in range(8):
        if step.flags >> bit & 1 and 1 << bit != ACK:
            yield "flags", 1 << bit
    if step.window != Send().window:
        yield "window", None
    if step.urgent:
        yield "urgent", None
    if step.data:
        yield "data", None
    if step.seq != books.seq(step.conn):
        yield "seq", None
    if step.ack is not None and step.ack != books.ack(step.conn):
        yield "ack", None


# -- made usual -----------------------------------------------------------------------------------


def plainly(case: FuzzCase, edits: Iterable[Edit]) -> FuzzCase:
    """The case with these edits done."""
    by_step: dict[int, list[Edit]] = {}
    for edit in edits:
        by_step.setdefault(edit.step, []).append(edit)

    def changed(place: int, step: Step, books: Books) -> Step:
        for edit in by_step.get(place, ()):
            step = _usual(step, edit, books)
        return step

    case = case._replace(steps=_rewritten(case.steps, changed))
    for edit in by_step.get(CASE, ()):
        case = _usual_case(case, edit)
    return case


def _rewritten(
    steps: tuple[Step, ...], change: Callable[[int, Step, Books], Step]
) -> tuple[Step, ...]:
    """The steps, each changed; a segment that was in order before is in order again."""
    was, now = Books(), Books()
    out: list[Step] = []
    for place, step in enumerate(steps):
        made = step
        if isinstance(step, Send):
            if step.seq == was.seq(step.conn):
                made = step._replace(seq=now.seq(step.conn))
            was.sent(step)
        made = change(place, made, now)
        if isinstance(made, Send):
            now.sent(made)
        out.append(made)
    return tuple(out)


def _usual_case(case: FuzzCase, edit: Edit) -> FuzzCase:
    match edit.name:
        case "settings":
            return case._replace(settings=tuple(s for s in case.settings if s != edit.part))
        case "ip":
            return case._replace(ip=4)
        case _:
            return case._replace(iss=None)


def _usual(step: Step, edit: Edit, books: Books) -> Step:
    match step:
        case Send():
            return _usual_segment(step, edit, books)
        case Tell():
            return step._replace(**{edit.name: getattr(Tell(), edit.name)})
        case Do():
            return with_text(step, 1)
        case Listen():
            return step._replace(backlog=Listen().backlog)
        case _:
            return step


def _usual_segment(step: Send, edit: Edit, books: Books) -> Send:
    match edit.name:
        case "options":
            return step._replace(options=_without(step.options, edit.part))
        case "flaws":
            return step._replace(flaws=_without(step.flaws, edit.part))
        case "flags":
            return step._replace(flags=step.flags & ~_number(edit.part))
        case "seq":
            return step._replace(seq=books.seq(step.conn))
        case "ack":
            return step._replace(ack=books.ack(step.conn))
        case _:
            return step._replace(**{edit.name: getattr(Send(), edit.name)})


_P = TypeVar("_P")


def _without(parts: tuple[_P, ...], part: object) -> tuple[_P, ...]:
    """`parts` without the first that equals `part`."""
    for place, each in enumerate(parts):
        if each == part:
            return parts[:place] + parts[place + 1 :]
    return parts


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def with_text(step: Do, size: int) -> Do:
    """A send() of so many octets."""
    return step._replace(
        args=tuple((tag, size if tag == "text" else value) for tag, value in step.args)
    )


# -- numbers nearer to nothing --------------------------------------------------------------------


#: The fields of steps that are numbers.
NUMBERS = ("seq", "ack", "window", "data", "urgent", "rest", "quoted", "text", "ns")


def rounder(case: FuzzCase, place: int, name: str) -> list[FuzzCase]:
    """The case with simpler numbers in field `name` of a step, simplest first."""
    books = Books()
    for earlier in case.steps[:place]:
        if isinstance(earlier, Send):
            books.sent(earlier)
    step = case.steps[place]
    for each, value, usual in _numbers(step, books):
        if each == name:
            return [
                put(case, place, _with(step, name, (usual + away) & _MASK))
                for away in nearer(value - usual)
            ]
    return []


def _numbers(step: Step, books: Books) -> Iterator[tuple[str, int, int]]:
    """Name, value and usual value of the numbers of a step."""
    match step:
        case Send(conn, _, seq, ack, window, data, _, urgent, _):
            yield "seq", _near(seq, books.seq(conn)), books.seq(conn)
            if ack is not None:
                yield "ack", _near(ack, books.ack(conn)), books.ack(conn)
            if window != Send().window:
                yield "window", window, 0
            yield "data", data, 0
            yield "urgent", urgent, 0
        case Tell():
            yield "rest", step.rest, 0
            yield "quoted", step.quoted, 0
        case Do(call="send", args=args):
            for tag, value in args:
                if tag == "text" and isinstance(value, int):
                    yield "text", value, 0
        case Wait(ns):
            yield "ns", ns, 0
        case _:
            pass


def _near(value: int, to: int) -> int:
    """`value` modulo 2^32, as near to `to` as it can be."""
    away = (value - to) & _MASK
    return to + (away if away < _HALF else away - _MASK - 1)


#: Distances that a reader takes in at a glance, nearest first.
_ROUND = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
_TIMES = tuple(_SECOND * each // 1000 for each in (1, 10, 100, 1_000, 10_000, 60_000, 600_000))


def nearer(away: int) -> list[int]:
    """Simpler distances than `away`, of its sign, simplest first; none where it is simple."""
    size = abs(away)
    steps = _TIMES if size >= _TIMES[0] else _ROUND
    below = [each for each in steps if each < size]
    # The simplest, and the two that are nearest: those most often do.
    picked = sorted({*below[:1], *below[-2:]})
    if size in steps:
        picked = picked[:1]
    return [each if away > 0 else -each for each in picked]


def _with(step: Step, name: str, value: int) -> Step:
    match step:
        case Do():
            return with_text(step, value)
        case Send() | Tell() | Wait():
            return step._replace(**{name: value})  # type: ignore[arg-type]
        case _:
            return step


def put(case: FuzzCase, place: int, step: Step) -> FuzzCase:
    """The case with another step at `place`."""
    steps = _rewritten(case.steps, lambda at, each, _: step if at == place else each)
    return case._replace(steps=steps)


def renumbered(case: FuzzCase) -> FuzzCase:
    """With the one connection that a case has as number 0."""
    numbers = {step.conn for step in case.steps if isinstance(step, Send | Tell)}
    if len(numbers) != 1:
        return case
    steps = tuple(s._replace(conn=0) if isinstance(s, Send | Tell) else s for s in case.steps)
    return case._replace(steps=steps)


def shorter_octets(step: Raw) -> list[Raw]:
    """A raw datagram with less at its end."""
    octets = step.octets
    return [Raw(octets[:size]) for size in (20, 40, len(octets) // 2) if size < len(octets)]


# -- steps ----------------------------------------------------------------------------------------


def folded(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """socket(), bind() and listen() that follow each other as one step."""
    out: list[Step] = []
    place = 0
    while place < len(steps):
        listener = _listener(steps[place : place + 3])
        out.append(steps[place] if listener is None else listener)
        place += 1 if listener is None else 3
    return tuple(out)


def _listener(three: tuple[Step, ...]) -> Listen | None:
    match three:
        case (
            Do("socket", "", gives),
            Do("bind", _, "", (("address", ("stack", int(port))),)),
            Do("listen", _, "", (("length", int(backlog)),)),
        ):
            step = Listen(gives, port, backlog)
            return step if listen_calls(step) == three else None
        case _:
            return None


def closed_up(steps: tuple[Step, ...], gone: int) -> tuple[Step, ...]:
    """The steps without `gone`, a segment with text: later numbers as if it had never been."""
    step = steps[gone]
    before, after = steps[:gone], steps[gone + 1 :]
    if not isinstance(step, Send) or not length_of(step):
        return before + after
    end, length = step.seq + length_of(step), length_of(step)
    return before + tuple(
        later._replace(seq=later.seq - length)
        if isinstance(later, Send) and later.conn == step.conn and end <= later.seq < _HALF
        else later
        for later in after
    )
