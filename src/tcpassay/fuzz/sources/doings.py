"""What the application does, and time: each writes one or a few steps into a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import PER_PORT, Do, Wait
from tcpassay.fuzz.playing.reach import accept, connect
from tcpassay.fuzz.sources.right import greet, pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.fuzz.sources.book import Book, Conn
    from tcpassay.fuzz.sources.right import Draw

    Doing = Callable[[Book, Conn, Draw], None]

MS = 1_000_000
S = 1_000 * MS
#: Waits on a clock that costs nothing, and on one that does.
WAITS = (
    MS, 10 * MS, 50 * MS, 200 * MS, 200 * MS, 500 * MS, S, S, 3 * S, 10 * S, 60 * S, 240 * S,
)  # fmt: skip
SHORT_WAITS = (0, MS // 10, MS // 4, MS)
SENDS = (1, 1, 10, 100, 100, 536, 1_460, 5_000, 20_000, 40_000)
RECEIVES = (1, 10, 1_000, 65_536, 65_536, 65_536)
_QUIET = ("flags", ("MSG_NOSIGNAL",))
_NOTHING: tuple[str, object] = ("flags", ())
_PEEK = ("flags", ("MSG_PEEK",))
#: Options of a socket that change what it sends.
_SWITCHES = (
    ("SOL_SOCKET", "SO_KEEPALIVE", 1), ("IPPROTO_TCP", "TCP_NODELAY", 1),
    ("IPPROTO_TCP", "TCP_CORK", 1), ("IPPROTO_TCP", "TCP_CORK", 0),
    ("IPPROTO_TCP", "TCP_QUICKACK", 0), ("SOL_SOCKET", "SO_RCVBUF", 2_000),
    ("SOL_SOCKET", "SO_OOBINLINE", 1),
)  # fmt: skip


def send(book: Book, conn: Conn, draw: Draw, sizes: tuple[int, ...] = SENDS) -> None:
    """send()."""
    book.add(Do("send", conn.app, "", (("text", pick(sizes, draw)), _QUIET)))


def receive(book: Book, conn: Conn, draw: Draw) -> None:
    """recv(), now and then without taking."""
    size = ("length", pick(RECEIVES, draw))
    if draw() < 0.05:
        # What is looked at stays unread: the book is not told.
        book.steps.append(Do("recv", conn.app, "", (size, _PEEK)))
    else:
        book.add(Do("recv", conn.app, "", (size, _NOTHING)))


def shutdown(book: Book, conn: Conn, draw: Draw) -> None:
    """shutdown() of one or both directions."""
    how = pick(("SHUT_WR", "SHUT_WR", "SHUT_WR", "SHUT_RDWR", "SHUT_RD"), draw)
    book.add(Do("shutdown", conn.app, "", (("name", how),)))


def close(book: Book, conn: Conn, draw: Draw) -> None:
    """close(), with unread text or without."""
    if conn.unread and draw() < 0.6:
        book.add(Do("recv", conn.app, "", (("length", 65_536), _NOTHING)))
    book.add(Do("close", conn.app))


def abort(book: Book, conn: Conn, draw: Draw) -> None:
    """close() behind SO_LINGER with no time: a reset (POSIX; RFC 9293, 3.10.5)."""
    del draw
    args = (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0)))
    book.add(Do("setsockopt", conn.app, "", args))
    book.add(Do("close", conn.app))


def option(book: Book, conn: Conn, draw: Draw) -> None:
    """setsockopt()."""
    level, name, value = pick(_SWITCHES, draw)
    args = (("name", level), ("name", name), ("value", value))
    book.add(Do("setsockopt", conn.app, "", args))


def take(book: Book, conn: Conn, draw: Draw) -> None:
    """accept(), whether or not there is a connection."""
    del conn, draw
    book.add(accept(book.name()))


def backlog(book: Book, conn: Conn, draw: Draw) -> None:
    """listen() again with another backlog, or the listener closed."""
    del conn
    if draw() < 0.8:
        book.add(Do("listen", "listener", "", (("length", pick((0, 1, 2, 5, 128), draw)),)))
    else:
        book.add(Do("close", "listener"))


def another(book: Book, conn: Conn, draw: Draw) -> None:
    """One more connection: to the listener, most of its handshake at once, or by connect()."""
    number = len(book.conns)
    if number >= PER_PORT:
        return
    if book.listening and draw() < 0.9:
        other = book.conn(number)
        greet(book, other, draw)
        if draw() < 0.8:
            greet(book, other, draw)
            if draw() < 0.6:
                take(book, conn, draw)
        return
    for step in connect(number, book.name()):
        book.add(step)
    if draw() < 0.9:
        greet(book, book.conn(number), draw)


#: Each call on a connection's descriptor with its share.
SHARES: dict[Doing, int] = {
    send: 45,
    receive: 30,
    shutdown: 7,
    close: 7,
    abort: 2,
    option: 5,
    take: 2,
    backlog: 2,
}
_CALLS = tuple(doing for doing, share in SHARES.items() for _ in range(share))


def call(book: Book, conn: Conn, draw: Draw) -> None:
    """One call of the application's, on `conn` where it has a descriptor."""
    if conn.app:
        doing = pick(_CALLS, draw)
        if book.listening or (doing is not take and doing is not backlog):
            doing(book, conn, draw)
    elif book.queue:
        take(book, conn, draw)
    elif book.listening and draw() < 0.1:
        pick((take, backlog), draw)(book, conn, draw)
    else:
        another(book, conn, draw)


def wait(book: Book, draw: Draw, *, patient: bool) -> None:
    """Time passes."""
    ns = pick(WAITS if patient else SHORT_WAITS, draw)
    if ns:
        book.add(Wait(ns))
