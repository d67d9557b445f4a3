"""The source `sequence`: sequences at random, deep because most of what they send is right.

A case depends on the seed, its number and the corpus that its stay may know of, on nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz import doings
from tcpassay.fuzz.book import Book
from tcpassay.fuzz.reach import MSS, STATES, reach
from tcpassay.fuzz.right import pick, right, syn_options
from tcpassay.fuzz.steps import Do, FuzzCase, Send
from tcpassay.fuzz.wrong import wrong

if TYPE_CHECKING:
    from tcpassay.fuzz.book import Conn
    from tcpassay.fuzz.reach import Options, Way
    from tcpassay.fuzz.right import Draw
    from tcpassay.targets.contract import IpVersion


class Profile(NamedTuple):
    """What cases are made of.

    `right` is the share of segments that a right peer might send; `calls` and `waits` are shares of
    steps, `others` that of steps on one more connection. `patient` lets cases wait for minutes, as
    a virtual clock can; otherwise they wait a millisecond at most.
    """

    least: int = 6
    most: int = 20
    right: float = 0.72
    calls: float = 0.24
    waits: float = 0.05
    others: float = 0.03
    patient: bool = True
    ways: tuple[Way, ...] = ("listen", "listen", "connect", "simultaneous")
    ip: IpVersion = 4


#: Segments of a case for measuring, behind the handshake.
SEGMENTS = 10

#: Each state with how often cases begin in it.
_BEGINNINGS = (
    ("ESTABLISHED",) * 12
    + ("SYN-RECEIVED", "SYN-SENT", "LISTEN", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2") * 2
    + STATES
)
#: What listen() is given now and then, and which of the steps it is.
_BACKLOGS = (0, 0, 1, 1, 2, 128)
_LISTEN = 2


class Sequence:
    """Cases without end, each with 6 to 20 steps behind its access sequence."""

    name = "sequence"
    total: int | None = None

    def __init__(self, seed: int, profile: Profile | None = None) -> None:
        self._seed = seed
        self._profile = profile or Profile()
        self._rng = Random()

    @staticmethod
    def bench(seed: int, ip: IpVersion = 4) -> Steady:
        """What to measure the speed of an engine with."""
        return Steady(seed, ip)

    def case(self, number: int) -> FuzzCase:
        """The case of a number. Costs about 50 us."""
        rng = self._rng
        rng.seed(f"{self._seed}:{number}")
        profile, draw = self._profile, rng.random
        book, state, way = access(profile, draw)
        steps = profile.least + int(draw() * (profile.most - profile.least + 1))
        go_on(book, steps, profile, draw)
        return FuzzCase(tuple(book.steps), f"sequence/{number}/{state}/{way}", profile.ip)


class Steady:
    """Cases for measuring: exactly ten segments of a usual mix behind the handshake."""

    name = "steady"
    total: int | None = None

    def __init__(self, seed: int, ip: IpVersion = 4) -> None:
        self._seed = seed
        self._profile = Profile(ip=ip)
        self._rng = Random()

    def case(self, number: int) -> FuzzCase:
        """The case of a number: 12 segments with the handshake, 4 to 6 calls, no wait."""
        rng = self._rng
        rng.seed(f"{self._seed}:{number}")
        draw = rng.random
        book = _reached("ESTABLISHED", "listen", MSS)[1].copy()
        (conn,) = book.everyone
        made = book.steps
        if draw() < 0.5:
            doings.send(book, conn, draw)
        count, taken = 0, draw() < 0.5
        while count < SEGMENTS:
            first = len(made)
            (right if draw() < self._profile.right else wrong)(book, conn, draw)
            count += sum([type(step) is Send for step in made[first:]])
            if not taken and count > SEGMENTS // 2 and conn.unread:
                taken = True
                doings.receive(book, conn, draw)
        while count > SEGMENTS:
            count -= type(made.pop()) is Send
        return FuzzCase(tuple(made), f"steady/{number}", self._profile.ip)


def access(profile: Profile, draw: Draw) -> tuple[Book, str, Way]:
    """A book with the way into some state."""
    state, way = pick(_BEGINNINGS, draw), pick(profile.ways, draw)
    way, book = _reached(state, way, syn_options(draw))
    book = book.copy()
    listening = book.steps[_LISTEN] if book.listening else None
    if isinstance(listening, Do) and draw() < 0.3:
        levels = (("length", pick(_BACKLOGS, draw)),)
        book.steps[_LISTEN] = listening._replace(args=levels)
    return book, state, way


@lru_cache(maxsize=2_048)
def _reached(state: str, way: Way, syn: Options) -> tuple[Way, Book]:
    """The way that it has become, and the book, of which copies are to be made."""
    reached = reach(state, way, syn=syn)
    book = Book(reached.steps)
    book.conn(reached.conn)
    return reached.way, book


def go_on(book: Book, steps: int, profile: Profile, draw: Draw) -> None:
    """So many steps more, or a few beyond."""
    made, everyone = book.steps, book.everyone
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
