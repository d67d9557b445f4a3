"""Segments that a right peer would send: each writes one or a few steps into a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import Send
from tcpassay.fuzz.playing.reach import MSS
from tcpassay.wire import (
    ACK,
    CWR,
    ECE,
    FIN,
    NOP,
    PSH,
    SYN,
    FastOpen,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from tcpassay.fuzz.playing.reach import Options
    from tcpassay.fuzz.sources.book import Book, Conn

    T = TypeVar("T")
    Draw = Callable[[], float]
    Writer = Callable[[Book, Conn, Draw], None]

SIZES = (1, 1, 2, 10, 10, 100, 100, 536, 1_000, 1_460)
WINDOWS = (65_535, 65_535, 8_000, 3_000, 500, 1, 0)
_PERMITTED = SackPermitted()
#: Option lists of a SYN, the usual ones more often.
SYN_OPTIONS: tuple[Options, ...] = (
    MSS, MSS, MSS, MSS,
    (), (),
    (MaximumSegmentSize(1_460), _PERMITTED, Timestamps(0, 0), NOP, WindowScale(7)),
    (MaximumSegmentSize(1_460), _PERMITTED, Timestamps(0, 0), NOP, WindowScale(7)),
    (MaximumSegmentSize(1_460), _PERMITTED, Timestamps(0, 0)),
    (MaximumSegmentSize(1_460), NOP, NOP, Timestamps(0, 0)),
    (MaximumSegmentSize(1_460), NOP, NOP, Timestamps(0, 0)),
    (MaximumSegmentSize(1_460), NOP, NOP, _PERMITTED),
    (MaximumSegmentSize(1_460), NOP, NOP, _PERMITTED),
    (MaximumSegmentSize(536), NOP, WindowScale(0)),
    (MaximumSegmentSize(1_460), NOP, WindowScale(2)),
    (MaximumSegmentSize(1_460), NOP, WindowScale(14)),
    (MaximumSegmentSize(88),), (MaximumSegmentSize(536),), (MaximumSegmentSize(65_535),),
)  # fmt: skip
#: Those that something is the matter with.
ODD_SYN_OPTIONS: tuple[Options, ...] = (
    (MaximumSegmentSize(0),), (MaximumSegmentSize(1),), (MaximumSegmentSize(48),),
    (MaximumSegmentSize(1_460), NOP, WindowScale(15)),
    (MaximumSegmentSize(1_460), NOP, WindowScale(255)),
    (MaximumSegmentSize(1_460), MaximumSegmentSize(536)),
    (*MSS, UnknownOption(28, b"\x80\x01")), (*MSS, UnknownOption(253, b"xy")),
    (*MSS, UnknownOption(2, b"\5")), (*MSS, UnknownOption(3, b"")), (*MSS, UnknownOption(8, b"")),
    (*MSS, NOP, NOP, FastOpen(b"")), (*MSS, NOP, NOP, FastOpen(b"12345678")),
    (*MSS, NOP, NOP, Sack(((1, 2),))), (NOP,) * 40,
)  # fmt: skip


def pick(values: Sequence[T], draw: Draw) -> T:
    """One of them. Several times quicker than Random.choice."""
    return values[int(draw() * len(values))]


def syn_options(draw: Draw) -> Options:
    """Those of a SYN, odd ones seldom."""
    return pick(SYN_OPTIONS if draw() < 0.93 else ODD_SYN_OPTIONS, draw)


def _put(
    book: Book, conn: Conn, flags: int, seq: int, size: int = 0, ack: int | None = None
) -> None:
    """A segment that acknowledges everything, unless `ack` says how much."""
    book.add(
        Send(
            conn.number,
            flags,
            seq,
            conn.stack if ack is None else ack,
            conn.offer,
            size,
            conn.options() if conn.stamps else (),
        )
    )


# -- opening ---------------------------------------------------------------------------------------


def greet(book: Book, conn: Conn, draw: Draw) -> None:
    """What comes next of the handshake: SYN, SYN,ACK, or the last ACK, sometimes with text."""
    if conn.begun:
        size = 0 if draw() < 0.8 else pick(SIZES, draw)
        if conn.app:
            # An open that has crossed is answered with the SYN again (RFC 9293, 3.5, figure 8).
            book.add(Send(conn.number, SYN | ACK, 0, 1, conn.offer, options=MSS))
        else:
            _put(book, conn, ACK, conn.nxt, size, 1)
        return
    flags = SYN if not conn.app or draw() < 0.2 else SYN | ACK
    ack = 1 if flags & ACK else None
    marks = ECE | CWR if draw() < 0.03 else 0
    book.add(Send(conn.number, flags | marks, 0, ack, options=syn_options(draw)))


def again(book: Book, conn: Conn, draw: Draw) -> None:
    """The same ends once more: a SYN with a number beyond the old ones."""
    seq = conn.nxt + pick((0, 1, 100_000), draw)
    book.add(Send(conn.number, SYN, seq, options=syn_options(draw)))


# -- text ------------------------------------------------------------------------------------------


def text(book: Book, conn: Conn, draw: Draw) -> None:
    """The next octets."""
    if conn.peer_fin:
        _put(book, conn, ACK, conn.nxt)
        return
    _put(book, conn, PSH | ACK if draw() < 0.5 else ACK, conn.nxt, pick(SIZES, draw))


def last_text(book: Book, conn: Conn, draw: Draw) -> None:
    """FIN, sometimes with text."""
    if conn.peer_fin:
        # Sent again, as if its acknowledgement were lost.
        _put(book, conn, FIN | ACK, conn.nxt - 1)
        return
    size = pick(SIZES, draw) if draw() < 0.3 else 0
    if conn.ahead:
        fill(book, conn, draw)
    _put(book, conn, FIN | ACK, conn.nxt, size)


def hole(book: Book, conn: Conn, draw: Draw) -> None:
    """Text whose predecessor is lost."""
    if conn.peer_fin:
        _put(book, conn, ACK, conn.nxt)
        return
    gap, size = pick(SIZES, draw), pick(SIZES, draw)
    first = conn.nxt if not conn.ahead else max(seq + size for seq, size in conn.ahead)
    _put(book, conn, ACK, first + gap, size)


def fill(book: Book, conn: Conn, draw: Draw) -> None:
    """What is missing before text that has come out of order, sometimes more of it than that."""
    if not conn.ahead:
        text(book, conn, draw)
        return
    missing = min(seq for seq, _ in conn.ahead) - conn.nxt
    size = missing if draw() < 0.7 else missing + pick(SIZES, draw)
    while size > 0 and not conn.peer_fin:
        part = min(size, 1_460)
        _put(book, conn, ACK, conn.nxt, part)
        size -= part


def repeated(book: Book, conn: Conn, draw: Draw) -> None:
    """Octets that have been sent before, with or without new ones behind them."""
    back = min(pick(SIZES, draw), max(0, conn.nxt - 1 - conn.peer_fin))
    more = pick(SIZES, draw) if draw() < 0.4 and not conn.peer_fin else 0
    _put(book, conn, ACK, conn.nxt - conn.peer_fin - back, back + more)


def shuffled(book: Book, conn: Conn, draw: Draw) -> None:
    """Two or three segments in another order than they were sent."""
    if conn.peer_fin:
        _put(book, conn, ACK, conn.nxt)
        return
    first, one, two = conn.nxt, pick(SIZES, draw), pick(SIZES, draw)
    _put(book, conn, ACK, first + one, two)
    if draw() < 0.4:
        _put(book, conn, ACK, first + one + two, pick(SIZES, draw))
    _put(book, conn, ACK, first, one)


# -- acknowledgements ------------------------------------------------------------------------------


def acknowledge(book: Book, conn: Conn, draw: Draw) -> None:
    """All that the stack has sent."""
    del draw
    _put(book, conn, ACK, conn.nxt)


def acknowledge_part(book: Book, conn: Conn, draw: Draw) -> None:
    """Some of what is in flight, with blocks of SACK for some of the rest."""
    flight = conn.stack - conn.acked
    ack = conn.acked + int(draw() * flight)
    options = conn.options() if conn.stamps else ()
    if conn.sack and flight and draw() < 0.7:
        left = ack + 1 + int(draw() * (conn.stack - ack))
        right = min(conn.stack, left + pick((1, 100, 1_460, 3_000), draw))
        if left < right:
            options = (*options, NOP, NOP, Sack(((left, right),)))
    book.add(Send(conn.number, ACK, conn.nxt, ack, conn.offer, options=options))


def acknowledge_often(book: Book, conn: Conn, draw: Draw) -> None:
    """The same acknowledgement several times: something seems to be lost."""
    for _ in range(2 + int(draw() * 3)):
        _put(book, conn, ACK, conn.nxt, 0, conn.acked)


def window(book: Book, conn: Conn, draw: Draw) -> None:
    """Another window."""
    conn.offer = pick(WINDOWS, draw)
    _put(book, conn, ACK, conn.nxt)


def keep_alive(book: Book, conn: Conn, draw: Draw) -> None:
    """Whether the stack is there (RFC 9293, 3.8.4)."""
    _put(book, conn, ACK, conn.nxt - 1, 1 if draw() < 0.3 else 0)


def twice(book: Book, conn: Conn, draw: Draw) -> None:
    """The last segment again, as the network may have it."""
    for step in reversed(book.steps):
        if type(step) is Send and step.conn == conn.number:
            book.add(step)
            return
    greet(book, conn, draw)


def marked(book: Book, conn: Conn, draw: Draw) -> None:
    """Text in a datagram that has met congestion, or is told to be ECN-capable (RFC 3168)."""
    tos = pick((2, 3, 3), draw)
    size = 0 if conn.peer_fin else pick(SIZES, draw)
    options = conn.options() if conn.stamps else ()
    flags = ACK | pick((0, 0, CWR, ECE), draw)
    flaws = (("tos", tos),)
    book.add(Send(conn.number, flags, conn.nxt, conn.stack, conn.offer, size, options, flaws=flaws))


#: Each writer for an open connection with its share.
SHARES: dict[Writer, int] = {
    text: 28,
    acknowledge: 18,
    acknowledge_part: 8,
    acknowledge_often: 2,
    hole: 6,
    fill: 6,
    shuffled: 3,
    repeated: 4,
    last_text: 7,
    window: 5,
    keep_alive: 2,
    twice: 3,
    marked: 1,
}
_OPEN = tuple(writer for writer, share in SHARES.items() for _ in range(share))


def right(book: Book, conn: Conn, draw: Draw) -> None:
    """What a right peer might send next on a connection."""
    if not conn.open:
        greet(book, conn, draw)
    elif conn.over and draw() < 0.5:
        again(book, conn, draw)
    else:
        pick(_OPEN, draw)(book, conn, draw)
