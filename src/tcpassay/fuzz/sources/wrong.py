"""Segments that are wrong, mostly in one way: each writes one step into a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import FLAWS, Raw, Send, Tell
from tcpassay.fuzz.sources.right import ODD_SYN_OPTIONS, SIZES, SYN_OPTIONS, pick
from tcpassay.wire import (
    ACK,
    FIN,
    NOP,
    PSH,
    RST,
    SYN,
    URG,
    FastOpen,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
    encode_options,
)

if TYPE_CHECKING:
    from tcpassay.fuzz.playing.reach import Options
    from tcpassay.fuzz.sources.book import Book, Conn
    from tcpassay.fuzz.sources.right import Draw, Writer
    from tcpassay.wire import Option

#: Distances from a number that matters.
NEAR = (
    0, 0, 0, 1, 1, -1, -1, 2, -2, 5, -5, 100, -100, 1_460, -1_460, 5_000, 32_767, 65_534, 65_535,
    65_536, -65_535, 70_000, -70_000, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, 1 << 30, -(1 << 30),
)  # fmt: skip
FLAGS = (
    ACK, ACK, ACK, ACK, PSH | ACK, FIN | ACK, FIN | ACK, FIN | ACK, SYN, SYN, SYN | ACK, SYN | ACK,
    RST, RST, RST | ACK, FIN, 0, PSH, URG | ACK, SYN | FIN, SYN | RST, FIN | RST, SYN | FIN | ACK,
    SYN | FIN | RST | PSH | ACK | URG,
)  # fmt: skip
#: Options that a later segment may not have, or not so.
ODD_OPTIONS: tuple[tuple[Option, ...], ...] = (
    (UnreadableOptions(b"\x08"),), (UnreadableOptions(b"\x02\0"),),
    (UnreadableOptions(b"\x05\x01"),),
    (UnreadableOptions(b"\x08\x0b" + bytes(8)),), (UnreadableOptions(b"\xfd\xff"),),
    (UnreadableOptions(b"\x01\x01\x01\x13"),), (UnknownOption(253, b"xy"),),
    (UnknownOption(5, b""),), (UnknownOption(5, bytes(7)),), (UnknownOption(8, bytes(4)),),
    (UnknownOption(19, bytes(16)),), (UnknownOption(28, b"\x80\x01"),), (UnknownOption(0xFF, b""),),
    (MaximumSegmentSize(1_460),), (MaximumSegmentSize(1),), (NOP, WindowScale(14)),
    (NOP, NOP, SackPermitted()), (NOP, NOP, FastOpen(b"")), (NOP,) * 40,
    (NOP, NOP, Sack(())), (NOP, NOP, Sack(((1, 2),))), (NOP, NOP, Sack(((5, 1),))),
    (NOP, NOP, Sack(((0, 1 << 31),))), (NOP, NOP, Sack(((70_000, 71_000),))),
    (NOP, NOP, Sack(((1, 2), (1, 2), (1, 2), (1, 2)))),
    (NOP, NOP, Timestamps(0, 0)), (NOP, NOP, Timestamps(5, 1)), (NOP, NOP, Timestamps(5, -1)),
    (NOP, NOP, Timestamps(-1, 0)), (NOP, NOP, Timestamps(1 << 31, 0)), (),
    (Timestamps(5, 1 << 31),),
)  # fmt: skip
#: Those that have room behind a timestamp and are none themselves: of two, no document says which
#: one counts.
_SHORT = tuple(
    odd
    for odd in ODD_OPTIONS
    if len(encode_options(odd)) <= 28 and not any(type(option) is Timestamps for option in odd)
)
_VALUES = (0, 1, 2, 3, 4, 5, 6, 8, 15, 16, 40, 255, 0x4000, 0xFFFF)
#: A few values each for what can be wrong with a segment.
FLAW_VALUES: dict[str, tuple[int, ...]] = dict.fromkeys(FLAWS, _VALUES) | {
    "checksum": (1, 0x100, 0xFFFF, 0x8000),
    "data_offset": (0, 1, 4, 4, 6, 7, 15),
    "reserved": (1, 2, 4, 7),
    "sport": (1, -1, 1_000),
    "dport": (1, -1, 1_000),
    "ttl": (0, 1, 2, 255),
    "ip_flags": (0, 1, 2, 4, 7),
    "fragment_offset": (1, 2, 8_191),
    "total_length": (-1, 1, -20, -21, 20, 1_000),
    "ip_checksum": (1, 0xFFFF),
    "ihl": (0, 1, 4, 6, 15),
    "version": (0, 3, 5, 6, 15),
    "src": (1, 2, 3, 4),
    "cut": (1, 10, 19, 20, 21, 39),
    "pad": (1, 4, 20),
    "text": (1, 0xFF),
}
FLAWS_BY_NAME = tuple(FLAWS)
_MESSAGES = (
    (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 4), (3, 4), (3, 5), (3, 9), (3, 10), (3, 13),
    (4, 0), (5, 1), (11, 0), (11, 1), (12, 0), (0, 0), (8, 0), (13, 0), (255, 255),
)  # fmt: skip
_MARKS = (0, 1, 68, 296, 552, 576, 1_280, 1_400, 1_499, 1_500, 65_535)


def _options(conn: Conn, draw: Draw) -> Options:
    return conn.options() if conn.stamps and draw() < 0.9 else ()


def numbers(book: Book, conn: Conn, draw: Draw) -> None:
    """A right segment but for its number, or for what it acknowledges."""
    seq, ack = conn.nxt, conn.stack
    if draw() < 0.5:
        seq = pick((seq, seq, 0, seq + 65_535 - conn.unread), draw) + pick(NEAR, draw)
    else:
        ack = pick((ack, conn.acked, conn.said, 0), draw) + pick(NEAR, draw)
    flags = pick((ACK, ACK, ACK, PSH | ACK, FIN | ACK), draw)
    size = 0 if draw() < 0.5 else pick(SIZES, draw)
    book.add(Send(conn.number, flags, seq, ack, conn.offer, size, _options(conn, draw)))


def flags(book: Book, conn: Conn, draw: Draw) -> None:
    """Any control bits, with a right number or one near it."""
    bits = pick(FLAGS, draw) if draw() < 0.9 else int(draw() * 256)
    seq = conn.nxt if draw() < 0.5 else conn.nxt + pick(NEAR, draw)
    ack = conn.stack if draw() < 0.7 else conn.acked + pick(NEAR, draw)
    size = 0 if draw() < 0.7 else pick(SIZES, draw)
    options = pick(SYN_OPTIONS, draw) if bits & SYN and draw() < 0.5 else _options(conn, draw)
    urgent = pick((0, 1, 10, 65_535), draw) if bits & URG else 0
    said = ack if bits & ACK else None
    book.add(Send(conn.number, bits, seq, said, conn.offer, size, options, urgent))


def reset(book: Book, conn: Conn, draw: Draw) -> None:
    """RST within the window, outside of it, or exact (RFC 5961, 3)."""
    bits = RST if draw() < 0.6 else RST | ACK
    seq = conn.nxt + (0 if draw() < 0.15 else pick(NEAR, draw))
    ack = conn.stack if bits & ACK else None
    book.add(Send(conn.number, bits, seq, ack, 0, options=_options(conn, draw)))


def syn(book: Book, conn: Conn, draw: Draw) -> None:
    """SYN on a connection that there is (RFC 5961, 4)."""
    seq = pick((0, conn.nxt, conn.nxt + 100_000), draw) + pick(NEAR, draw)
    bits = pick((SYN, SYN, SYN | ACK), draw)
    ack = conn.stack if bits & ACK else None
    size = 0 if draw() < 0.8 else pick(SIZES, draw)
    lists = SYN_OPTIONS if draw() < 0.7 else ODD_SYN_OPTIONS
    book.add(Send(conn.number, bits, seq, ack, conn.offer, size, pick(lists, draw)))


def flawed(book: Book, conn: Conn, draw: Draw) -> None:
    """A right segment with a flaw."""
    name = pick(FLAWS_BY_NAME, draw)
    flaws = ((name, pick(FLAW_VALUES[name], draw)),)
    size = pick(SIZES, draw) if draw() < 0.6 and not conn.peer_fin else 0
    bits = SYN if not conn.begun else ACK if draw() < 0.8 else FIN | ACK
    ack = conn.stack if bits & ACK else None
    options = _options(conn, draw)
    book.add(Send(conn.number, bits, conn.nxt, ack, conn.offer, size, options, 0, flaws))


def options(book: Book, conn: Conn, draw: Draw) -> None:
    """A right segment with options that are not."""
    size = pick(SIZES, draw) if draw() < 0.6 and not conn.peer_fin else 0
    if conn.begun:
        odd = pick(ODD_OPTIONS, draw)
        if conn.stamps and draw() < 0.5:
            odd = (*conn.options(), *pick(_SHORT, draw))
        book.add(Send(conn.number, ACK, conn.nxt, conn.stack, conn.offer, size, odd))
    else:
        bits = SYN | ACK if conn.app else SYN
        ack = 1 if conn.app else None
        book.add(Send(conn.number, bits, 0, ack, conn.offer, 0, pick(ODD_SYN_OPTIONS, draw)))


def urgent(book: Book, conn: Conn, draw: Draw) -> None:
    """Text with an urgent pointer, right or wrong."""
    size = 0 if conn.peer_fin else pick(SIZES, draw)
    pointer = pick((size, size, 1, 0, size + 1, 65_535), draw)
    bits = URG | ACK if draw() < 0.8 else ACK
    stamps = conn.options() if conn.stamps else ()
    book.add(Send(conn.number, bits, conn.nxt, conn.stack, conn.offer, size, stamps, pointer))


def shrink(book: Book, conn: Conn, draw: Draw) -> None:
    """A window that takes back what was offered (RFC 9293, 3.8.6: SHLD-14 to MUST-34)."""
    conn.offer = pick((0, 0, 1, 10, 500), draw)
    old = conn.acked if draw() < 0.5 else conn.stack
    stamps = conn.options() if conn.stamps else ()
    book.add(Send(conn.number, ACK, conn.nxt, old, conn.offer, options=stamps))


def message(book: Book, conn: Conn, draw: Draw) -> None:
    """ICMP about a segment of the stack's, in flight or long gone."""
    kind, code = pick(_MESSAGES, draw)
    seq = pick((conn.acked, conn.acked, conn.stack, 0), draw) + pick((0, 0, 0, 1, -1, 70_000), draw)
    quoted = pick((28, 28, 28, 40, 68, 27, 20, 8, 0), draw)
    book.add(Tell(conn.number, kind, code, seq, pick(_MARKS, draw), quoted))


def garbage(book: Book, conn: Conn, draw: Draw) -> None:
    """Octets that are no datagram."""
    del conn
    size = int(draw() * 80)
    octets = int(draw() * (1 << 53)).to_bytes(7, "big") * (size // 7 + 1)
    start = pick((b"", b"\x45\0\0\x28", b"\x60\0\0\0", b"\x45"), draw)
    book.add(Raw(start + octets[:size]))


#: Each writer with its share.
SHARES: dict[Writer, int] = {
    numbers: 35,
    flags: 22,
    reset: 8,
    syn: 7,
    flawed: 12,
    options: 8,
    urgent: 4,
    shrink: 4,
    message: 4,
    garbage: 1,
}
_ANY = tuple(writer for writer, share in SHARES.items() for _ in range(share))


def wrong(book: Book, conn: Conn, draw: Draw) -> None:
    """A segment that no right peer would send."""
    pick(_ANY, draw)(book, conn, draw)
