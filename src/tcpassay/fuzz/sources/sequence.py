"""The source `sequence`: sequences at random, deep because most of what they send is right.

A case depends on the seed, its number and the corpus that its stay may know of, on nothing else.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import FuzzCase, Send, Wait
from tcpassay.fuzz.playing.reach import MSS
from tcpassay.fuzz.sources import STAY, doings
from tcpassay.fuzz.sources.entries import Entry
from tcpassay.fuzz.sources.generation import Profile, access, go_on, reached_book
from tcpassay.fuzz.sources.guidance import Guidance
from tcpassay.fuzz.sources.mutations import mutant
from tcpassay.fuzz.sources.right import pick, right
from tcpassay.fuzz.sources.wrong import wrong

if TYPE_CHECKING:
    from collections import abc

    from tcpassay.fuzz.sources.corpus import Corpus
    from tcpassay.fuzz.sources.entries import Line, Triple
    from tcpassay.fuzz.sources.right import Draw
    from tcpassay.targets.contract import IpVersion


#: Segments of a case for measuring, behind the handshake.
SEGMENTS = 10
#: What fits into one segment of any stack.
_ONE_SEGMENT = (1, 10, 100, 536)

#: Where the peer's numbers start now and then: they wrap soon.
_NUMBERS = (0, 0xFFFFFFFF, 0xFFFFFF00, 0xFFFFFA00, 0x7FFFFFFF, 0x7FFFFF00, 0x80000000)


class Sequence:
    """Cases without end: 6 to 20 steps behind an access sequence, or a mutant of the corpus's.

    With a `corpus` the cases of a stay are asked for and reported with `ran` before those of a
    later one, and what all stays up to 16 before it have found has been admitted by then.
    """

    name = "sequence"
    total: int | None = None

    def __init__(
        self, seed: int, profile: Profile | None = None, corpus: Corpus | None = None
    ) -> None:
        self._seed = seed
        self._corpus = corpus
        self._profile = profile or Profile()
        self._rng = Random()
        self._guidance = Guidance()
        self._stay = -1

    @staticmethod
    def bench(seed: int, ip: IpVersion = 4, *, gentle: bool = False) -> Steady:
        """What to measure the speed of an engine with."""
        return Steady(seed, ip, gentle=gentle)

    def case(self, number: int) -> FuzzCase:
        """The case of a number. Costs about 60 us."""
        rng = self._rng
        rng.seed(f"{self._seed}:{number}")
        profile, draw = self._profile, rng.random
        if self._corpus is not None:
            corpus = self._corpus.at(number // STAY)
            parent = corpus.one(draw)
            share = profile.mutants if corpus.learned else profile.mutants / 3
            if parent is not None and draw() < share:
                return self._mutant(number, parent, corpus.one(draw) or parent, draw)
        book, state, way = access(profile, draw)
        steps = profile.least + int(draw() * (profile.most - profile.least + 1))
        go_on(book, steps, profile, draw)
        iss = pick(_NUMBERS, draw) if draw() < 0.05 else None
        origin = f"sequence/{number}/{state}/{way}"
        return FuzzCase(tuple(book.steps), origin, profile.ip, iss=iss)

    def _mutant(self, number: int, parent: Entry, other: Entry, draw: Draw) -> FuzzCase:
        profile = self._profile
        steps = mutant(
            parent.case.steps,
            other.case.steps,
            lambda book, count, draw: go_on(book, count, profile, draw),
            draw,
        )
        if not profile.patient:
            steps = [Wait(min(s.ns, 1_000_000)) if type(s) is Wait else s for s in steps]
        iss = parent.case.iss if draw() < 0.97 else pick(_NUMBERS, draw)
        origin = f"sequence/{number}/{parent.state or 'seed'}/changed"
        return FuzzCase(tuple(steps), origin, profile.ip, iss=iss)

    def ran(
        self,
        number: int,
        case: FuzzCase,
        triples: abc.Sequence[Triple],
        counters: bytes | None = None,
        lines: abc.Set[Line] = frozenset(),
    ) -> tuple[Entry, ...]:
        """The entry that a case is worth, if it has brought something new.

        `counters` are the stack's coverage counters behind the case, `lines` those lines of an
        interpreted stack that have run.
        """
        if self._corpus is None:
            return ()
        stay = number // STAY
        if stay != self._stay:
            self._stay = stay
            self._guidance.begins()
        coming = self._corpus.at(stay).coming
        new = self._guidance.news(coming, triples, counters, lines)
        if not new:
            return ()
        # Not of `new`: how much is left of it depends on how far other stays are.
        return (Entry(number, case, new, triples[-1][0] if triples else "CLOSED"),)

    def goes_on(self, stay: int, entries: abc.Iterable[Entry]) -> None:
        """A stay that has begun is gone on with; `entries` are what it has brought so far."""
        self._stay = stay
        self._guidance.begins()
        for entry in entries:
            self._guidance.knows(entry.new)

    def restarted(self) -> None:
        """A fresh stack: its counters are at 0."""
        self._guidance.restarted()

    def admit(self, entries: abc.Iterable[Entry]) -> None:
        """Take what stays have found, this source's own or another process's."""
        if self._corpus is not None:
            self._corpus.admit(entries)

    def settles(self, until: int) -> None:
        """Stays up to `until` are over; stays to come may know of them."""
        if self._corpus is not None:
            self._corpus.settles(until)


class Steady:
    """Cases for measuring: exactly ten segments of a usual mix behind the handshake.

    With `gentle` they are all segments that a right peer might send, and the application sends one
    segment at most: what also a stack lives through that does not live through the usual mix.
    """

    name = "steady"
    total: int | None = None

    def __init__(self, seed: int, ip: IpVersion = 4, *, gentle: bool = False) -> None:
        self._seed = seed
        self._profile = Profile(ip=ip, right=1.0) if gentle else Profile(ip=ip)
        self._sends = _ONE_SEGMENT if gentle else doings.SENDS
        self._established = reached_book("ESTABLISHED", "listen", MSS)[1]
        self._rng = Random()

    def case(self, number: int) -> FuzzCase:
        """The case of a number: 12 segments with the handshake, 4 to 6 calls, no wait."""
        rng = self._rng
        rng.seed(f"{self._seed}:{number}")
        draw = rng.random
        book = self._established.copy()
        (conn,) = book.everyone
        made = book.steps
        if draw() < 0.5:
            doings.send(book, conn, draw, self._sends)
        count, taken = 0, draw() < 0.5
        while count < SEGMENTS:
            first = len(made)
            (right if draw() < self._profile.right else wrong)(book, conn, draw)
            for step in made[first:]:
                if type(step) is Send:
                    count += 1
            if not taken and count > SEGMENTS // 2 and conn.unread and conn.app:
                taken = True
                doings.receive(book, conn, draw)
        while count > SEGMENTS:
            count -= type(made.pop()) is Send
        return FuzzCase(tuple(made), f"steady/{number}", self._profile.ip)
