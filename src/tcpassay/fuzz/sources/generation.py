"""Cases written step by step: an access sequence, then what a book of both sides suggests."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.cases.steps import Do, Send
from tcpassay.fuzz.playing.reach import STATES, reach
from tcpassay.fuzz.sources import doings
from tcpassay.fuzz.sources.book import Book, stamped
from tcpassay.fuzz.sources.right import pick, right, syn_options
from tcpassay.fuzz.sources.wrong import wrong
from tcpassay.wire import SYN, Timestamps

if TYPE_CHECKING:
    from tcpassay.fuzz.playing.reach import Options, Way
    from tcpassay.fuzz.sources.book import Conn
    from tcpassay.fuzz.sources.right import Draw
    from tcpassay.targets.contract import IpVersion


class Profile(NamedTuple):
    """What cases are made of.

    `right` is the share of segments that a right peer might send; `calls` and `waits` are shares of
    steps, `others` that of steps on one more connection; `mutants` is the share of cases that are
    made of the corpus once stays have found something. `patient` lets cases wait for minutes, as
    a virtual clock can; otherwise they wait a millisecond at most.
    """

    least: int = 6
    most: int = 20
    right: float = 0.72
    calls: float = 0.24
    waits: float = 0.05
    others: float = 0.03
    mutants: float = 0.65
    patient: bool = True
    ways: tuple[Way, ...] = ("listen", "listen", "connect", "simultaneous")
    ip: IpVersion = 4


#: Each state with how often cases begin in it.
_BEGINNINGS = (
    ("ESTABLISHED",) * 12
    + ("SYN-RECEIVED", "SYN-SENT", "LISTEN", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2") * 2
    + STATES
)
#: What listen() is given now and then, and which of the steps it is.
_BACKLOGS = (0, 0, 1, 1, 2, 128)
_LISTEN = 2


def access(profile: Profile, draw: Draw) -> tuple[Book, str, Way]:
    """A book with the way into some state."""
    state, way = pick(_BEGINNINGS, draw), pick(profile.ways, draw)
    way, book = reached_book(state, way, syn_options(draw))
    book = book.copy()
    listening = book.steps[_LISTEN] if book.listening else None
    if isinstance(listening, Do) and draw() < 0.3:
        levels = (("length", pick(_BACKLOGS, draw)),)
        book.steps[_LISTEN] = listening._replace(args=levels)
    return book, state, way


@lru_cache(maxsize=512)
def reached_book(state: str, way: Way, syn: Options) -> tuple[Way, Book]:
    """The way that it has become, and the book, of which copies are to be made."""
    reached = reach(state, way, syn=syn)
    steps = reached.steps
    if any(type(option) is Timestamps for option in syn):
        # Once agreed to, a timestamp is in every segment (RFC 7323, 3.2).
        steps = tuple(
            step._replace(options=stamped(tick))
            if type(step) is Send and not step.flags & SYN
            else step
            for tick, step in enumerate(steps)
        )
    book = Book(steps)
    for conn in book.everyone:
        conn.tick = len(steps)
    book.conn(reached.conn)
    return reached.way, book


def go_on(book: Book, steps: int, profile: Profile, draw: Draw) -> None:
    """So many steps more, or a few beyond."""
    made, everyone = book.steps, book.everyone
    if not everyone:
        book.conn(0)
    until = len(made) + steps
    calls = profile.calls
    waits = calls + profile.waits
    others = waits + profile.others
    while len(made) < until:
        conn = everyone[0] if len(everyone) == 1 else _one(everyone, draw)
        what = draw()
        if what >= others:
            if not conn.alive and what < 0.6:
                doings.another(book, conn, draw)
            elif draw() < profile.right:
                right(book, conn, draw)
            else:
                wrong(book, conn, draw)
        elif what < calls:
            doings.call(book, conn, draw)
        elif what < waits:
            doings.wait(book, draw, patient=profile.patient)
        else:
            doings.another(book, conn, draw)


def _one(everyone: list[Conn], draw: Draw) -> Conn:
    """One of the connections, those that live more often."""
    conn = pick(everyone, draw)
    return conn if conn.alive else pick(everyone, draw)
