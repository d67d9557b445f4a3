"""Cases made of cases: steps put in, left out, swapped, doubled, spliced, changed in a field.

A mutant runs as its parent did: the calls that open its listener or connection stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import Do, Listen, Send, Tell, Wait
from tcpassay.fuzz.sources import doings
from tcpassay.fuzz.sources.book import Book
from tcpassay.fuzz.sources.right import ODD_SYN_OPTIONS, SIZES, SYN_OPTIONS, WINDOWS, pick
from tcpassay.fuzz.sources.wrong import FLAGS, FLAW_VALUES, FLAWS_BY_NAME, NEAR, ODD_OPTIONS
from tcpassay.wire import ACK, SYN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.sources.right import Draw

    #: Writes more steps into a book: how many, and from what.
    GoOn = Callable[[Book, int, Draw], None]
    #: Changes a list of steps; the first ones, so many, stay.
    Change = Callable[[list[Step], int, Draw], None]

#: Steps of the longest mutant.
LONGEST = 32
#: Calls that a case begins with and cannot do without.
_OPENING = frozenset({"socket", "bind", "listen", "connect"})
_BACKLOGS = (0, 0, 1, 1, 2, 5, 128)


def mutant(steps: Sequence[Step], other: Sequence[Step], go_on: GoOn, draw: Draw) -> list[Step]:
    """A case made of one, and now and then of another one's end.

    `go_on` writes steps that fit what has gone before. Costs about what a fresh case does.
    """
    what = draw()
    if what < 0.5:
        made = extended(steps, go_on, draw)
    elif what < 0.65:
        made = inserted(steps, go_on, draw)
    elif what < 0.75:
        made = spliced(steps, other, draw)
    else:
        made = list(steps)
        pick(_CHANGES, draw)(made, opening(made), draw)
    while draw() < 0.3:
        pick(_CHANGES, draw)(made, opening(made), draw)
    del made[LONGEST:]
    return made


def opening(steps: Sequence[Step]) -> int:
    """How many steps open the case's listener or connection."""
    for place, step in enumerate(steps):
        if type(step) is not Do or step.call not in _OPENING:
            return place
    return len(steps)


# -- with a book -----------------------------------------------------------------------------------


def extended(steps: Sequence[Step], go_on: GoOn, draw: Draw) -> list[Step]:
    """The beginning, mostly all but a little, and another end."""
    first = opening(steps)
    left_out = draw()
    keep = len(steps) - int(left_out * left_out * (len(steps) - first + 1))
    book = Book(steps[:keep])
    go_on(book, 2 + int(draw() * 12), draw)
    return book.steps


def inserted(steps: Sequence[Step], go_on: GoOn, draw: Draw) -> list[Step]:
    """A few steps in the midst; what follows is moved by the text that they carry."""
    at = _place(steps, opening(steps), draw)
    book = Book(steps[:at])
    before = {conn.number: (conn.nxt, conn.stack) for conn in book.everyone}
    go_on(book, 1 + int(draw() * 3), draw)
    made = book.steps
    moved = {
        number: (book.conns[number].nxt - nxt, book.conns[number].stack - stack)
        for number, (nxt, stack) in before.items()
    }
    made += [_moved(step, moved) for step in steps[at:]] if draw() < 0.7 else steps[at:]
    return made


def spliced(steps: Sequence[Step], other: Sequence[Step], draw: Draw) -> list[Step]:
    """The beginning of one and the end of another, its numbers moved to where the first one is."""
    one, two = opening(steps), opening(other)
    head, tail = _place(steps, one, draw), _place(other, two, draw)
    mine, theirs = Book(steps[:head]), Book(other[:tail])
    moved = {
        conn.number: (
            mine.conns[conn.number].nxt - conn.nxt,
            mine.conns[conn.number].stack - conn.stack,
        )
        for conn in theirs.everyone
        if conn.number in mine.conns
    }
    made = mine.steps + [_moved(step, moved) for step in other[tail:]]
    if theirs.listening and not mine.listening:
        made[:0] = [
            step
            for step in other[:two]
            if isinstance(step, Listen)
            or (isinstance(step, Do) and "listener" in {step.on, step.gives})
        ]
    return made


def _moved(step: Step, moved: dict[int, tuple[int, int]]) -> Step:
    if type(step) is not Send or step.conn not in moved or step.flags & SYN:
        return step
    by, stack_by = moved[step.conn]
    if not by and not stack_by:
        return step
    ack = None if step.ack is None else step.ack + stack_by
    return step._replace(seq=step.seq + by, ack=ack)


# -- without ---------------------------------------------------------------------------------------


def _place(steps: Sequence[Step], first: int, draw: Draw) -> int:
    return first + int(draw() * (len(steps) - first))


def leave_out(steps: list[Step], first: int, draw: Draw) -> None:
    """One to three steps fewer; half the time what follows moves up."""
    if len(steps) <= first + 1:
        return
    at = _place(steps, first, draw)
    gone = steps[at : at + 1 + int(draw() * 3)]
    del steps[at : at + len(gone)]
    if draw() < 0.5:
        moved: dict[int, tuple[int, int]] = {}
        for step in gone:
            if type(step) is Send and not step.flaws:
                moved[step.conn] = moved.get(step.conn, (0, 0))[0] - step.data, 0
        steps[at:] = [_moved(step, moved) for step in steps[at:]]


def swap(steps: list[Step], first: int, draw: Draw) -> None:
    """Two neighbours change places, or a step is late by a few."""
    if len(steps) < first + 2:
        return
    at = first + int(draw() * (len(steps) - first - 1))
    by = 1 if draw() < 0.7 else 1 + int(draw() * 4)
    steps.insert(min(len(steps) - 1, at + by), steps.pop(at))


def double(steps: list[Step], first: int, draw: Draw) -> None:
    """A step comes again, at once or later; now and then many times."""
    if len(steps) <= first:
        return
    at = _place(steps, first, draw)
    times = 1 if draw() < 0.85 else 2 + int(draw() * 6)
    to = at if draw() < 0.6 else at + int(draw() * (len(steps) - at))
    steps[to:to] = [steps[at]] * times


def change(steps: list[Step], first: int, draw: Draw) -> None:
    """One field of one step."""
    if len(steps) <= first:
        return
    at = _place(steps, first, draw)
    step = steps[at]
    if type(step) is Send:
        steps[at] = pick(_FIELDS, draw)(step, draw)
    elif type(step) is Do:
        steps[at] = _other_argument(step, draw)
    elif type(step) is Wait:
        steps[at] = Wait(int(step.ns * pick((0.1, 0.5, 2), draw)))
    elif type(step) is Tell:
        steps[at] = step._replace(seq=step.seq + pick(NEAR, draw))


def levels(steps: list[Step], first: int, draw: Draw) -> None:
    """Another backlog."""
    for at, step in enumerate(steps[:first]):
        if type(step) is Do and step.call == "listen":
            steps[at] = step._replace(args=(("length", pick(_BACKLOGS, draw)),))


def end(steps: list[Step], first: int, draw: Draw) -> None:
    """close(), shutdown() or a reset of the application's at another time."""
    book = Book(steps[: _place(steps, first, draw)])
    conn = pick(book.everyone, draw) if book.everyone else None
    if conn is None or not conn.app:
        return
    at = len(book.steps)
    pick((doings.close, doings.close, doings.shutdown, doings.abort), draw)(book, conn, draw)
    steps[at:at] = book.steps[at:]


def other_way(steps: list[Step], first: int, draw: Draw) -> None:
    """Another segment that the sender of one might have sent: other options of a SYN."""
    for at in range(first, len(steps)):
        step = steps[at]
        if type(step) is Send and step.flags & SYN:
            lists = SYN_OPTIONS if draw() < 0.7 else ODD_SYN_OPTIONS
            steps[at] = step._replace(options=pick(lists, draw))
            return


# -- fields ----------------------------------------------------------------------------------------


def _seq(step: Send, draw: Draw) -> Send:
    return step._replace(seq=step.seq + pick(NEAR, draw))


def _ack(step: Send, draw: Draw) -> Send:
    return step._replace(ack=(step.ack or 0) + pick(NEAR, draw), flags=step.flags | ACK)


def _bits(step: Send, draw: Draw) -> Send:
    bits = pick(FLAGS, draw) if draw() < 0.5 else step.flags ^ (1 << int(draw() * 8))
    ack = (step.ack or 1) if bits & ACK else None
    return step._replace(flags=bits, ack=ack)


def _window(step: Send, draw: Draw) -> Send:
    return step._replace(window=pick(WINDOWS, draw))


def _data(step: Send, draw: Draw) -> Send:
    return step._replace(data=pick((0, *SIZES), draw))


def _options(step: Send, draw: Draw) -> Send:
    return step._replace(options=pick(SYN_OPTIONS if step.flags & SYN else ODD_OPTIONS, draw))


def _flaw(step: Send, draw: Draw) -> Send:
    if step.flaws:
        return step._replace(flaws=())
    name = pick(FLAWS_BY_NAME, draw)
    return step._replace(flaws=((name, pick(FLAW_VALUES[name], draw)),))


def _urgent(step: Send, draw: Draw) -> Send:
    pointer = pick((0, 1, step.data, step.data + 1, 65_535), draw)
    return step._replace(flags=step.flags | 32, urgent=pointer)


def _conn(step: Send, draw: Draw) -> Send:
    """The same on another connection."""
    return step._replace(conn=int(draw() * 3))


_FIELDS: tuple[Callable[[Send, Draw], Send], ...] = (
    _seq, _seq, _seq, _ack, _ack, _bits, _bits, _bits, _window, _data, _data, _options, _flaw,
    _urgent, _conn,
)  # fmt: skip


def _other_argument(step: Do, draw: Draw) -> Do:
    args = list(step.args)
    for at, (tag, value) in enumerate(args):
        if tag == "text":
            args[at] = tag, pick(doings.SENDS, draw)
        elif tag == "length":
            sizes = doings.RECEIVES if step.call == "recv" else _BACKLOGS
            args[at] = tag, pick(sizes, draw)
        elif tag == "name" and value in {"SHUT_WR", "SHUT_RD", "SHUT_RDWR"}:
            args[at] = tag, pick(("SHUT_WR", "SHUT_RD", "SHUT_RDWR"), draw)
        elif tag == "linger":
            args[at] = tag, pick(((1, 0), (1, 1), (0, 0)), draw)
    return step._replace(args=tuple(args))


#: Each change with its share.
SHARES: dict[Change, int] = {
    change: 40,
    leave_out: 15,
    swap: 12,
    double: 12,
    end: 8,
    levels: 5,
    other_way: 8,
}
_CHANGES = tuple(each for each, share in SHARES.items() for _ in range(share))
