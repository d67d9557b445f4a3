"""Pieces of IP datagrams, until they are whole (RFC 791, 3.2; RFC 815; RFC 8200, 4.5).

Both versions have the same rules here, the later ones: pieces that overlap, or that disagree on
where the datagram ends, spoil it, and what comes of it later is dropped as well (RFC 5722, 4). For
IPv4 RFC 791 would let the newer copy win, so that a piece may change what another has brought
(RFC 1858, 4). An exact copy of a piece is no overlap: networks duplicate.

Memory is bounded by the number of datagrams under way, by the octets that they hold together and
by the pieces of each. Where one of the first two is met the oldest datagram goes, so that pieces
that nobody completes do not keep others out.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.settings import Settings

#: Source, destination, identification and, in IPv4, the protocol (-1 in IPv6).
FragmentKey = tuple[bytes, bytes, int, int]


class Piece(NamedTuple):
    """A fragment: where it begins in the payload and its octets.

    `last` says that no other comes behind it; `datagram`, of the piece at 0 alone, is all that it
    came in.
    """

    start: int
    octets: bytes
    last: bool
    datagram: bytes

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self.start + len(self.octets)


class Partial:
    """A datagram of which pieces have come, kept in order and apart.

    `marked`: a router has marked one of them CE, so that the whole is (RFC 3168, 5.3).
    """

    __slots__ = ("key", "marked", "octets", "pieces", "spoiled", "timer", "total")

    def __init__(self, key: FragmentKey) -> None:
        self.key = key
        self.pieces: list[Piece] = []
        self.octets = 0
        #: Octets of the whole payload, once the last piece has come.
        self.total: int | None = None
        self.spoiled = False
        self.marked = False
        self.timer = Timer(TimerKind.FRAGMENTS, self)

    @property
    def first(self) -> Piece | None:
        """The piece that begins the datagram, if it has come."""
        return self.pieces[0] if self.pieces and self.pieces[0].start == 0 else None

    def whole(self) -> bytes | None:
        """The payload, once every octet of it is there."""
        if self.octets != self.total:
            return None
        return b"".join(piece.octets for piece in self.pieces)

    def place(self, piece: Piece) -> bool:
        """Put a piece where it belongs; False where it contradicts another."""
        at = bisect_left(self.pieces, piece.start, key=lambda other: other.start)
        if at < len(self.pieces) and is_copy(self.pieces[at], piece):
            return True
        if at and self.pieces[at - 1].end > piece.start:
            return False
        if at < len(self.pieces) and piece.end > self.pieces[at].start:
            return False
        if not self.ends_within(piece):
            return False
        self.pieces.insert(at, piece)
        self.octets += len(piece.octets)
        return True

    def ends_within(self, piece: Piece) -> bool:
        """Whether the piece agrees with the others on where the datagram ends."""
        if piece.last:
            if self.total is not None or (self.pieces and self.pieces[-1].end > piece.end):
                return False
            self.total = piece.end
        return self.total is None or piece.end <= self.total

    def spoil(self) -> None:
        """Forget what has come; what is still to come of it will be dropped."""
        self.spoiled = True
        self.pieces.clear()
        self.octets = 0


def is_copy(one: Piece, other: Piece) -> bool:
    """Whether two pieces bring the same octets to the same place."""
    return one.start == other.start and one.octets == other.octets and one.last == other.last


class FragmentTable:
    """All datagrams of which pieces have come, the oldest first."""

    __slots__ = ("_octets", "_partials", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._partials: dict[FragmentKey, Partial] = {}
        self._octets = 0

    def __len__(self) -> int:
        return len(self._partials)

    def octets(self) -> int:
        """How many octets wait."""
        return self._octets

    def find_or_start(self, key: FragmentKey) -> Partial:
        """The datagram that a piece belongs to, perhaps a new one, whose timer does not run yet."""
        partial = self._partials.get(key)
        if partial is None:
            while self._partials and len(self._partials) >= self.settings.fragment_datagrams:
                self.remove(next(iter(self._partials.values())))
            partial = self._partials[key] = Partial(key)
        return partial

    def add(self, partial: Partial, piece: Piece) -> bytes | None:
        """Take a piece; the payload if it was the last that was missing."""
        if partial.spoiled:
            return None
        before = partial.octets
        if not partial.place(piece) or len(partial.pieces) > self.settings.fragment_pieces:
            partial.spoil()
        self._octets += partial.octets - before
        whole = partial.whole()
        if whole is not None:
            self.remove(partial)
        while self._octets > self.settings.fragment_octets:
            self.remove(next(iter(self._partials.values())))
        return whole

    def remove(self, partial: Partial) -> None:
        """Forget a datagram, whole or not."""
        if self._partials.pop(partial.key, None) is not None:
            self._octets -= partial.octets
            partial.timer.stop()
