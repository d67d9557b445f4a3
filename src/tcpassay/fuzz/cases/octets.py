"""The octets of a segment step, once both sides' numbers are known."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception class
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.fuzz.cases.flawed import RELATIVE, absolute, any_segment_octets
from tcpassay.fuzz.cases.steps import PEER_PERIOD, peer_text
from tcpassay.wire import (
    NOP,
    SYN,
    Datagram,
    FastOpen,
    Icmp,
    IPv4,
    IPv6,
    Segment,
    Timestamps,
    build,
    encode_options,
    parse,
)
from tcpassay.wire.checksum import number_of, words

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import LearnedCookie, Send, Tell
    from tcpassay.wire import Option

_MASK = 0xFFFFFFFF


class Ends:
    """One connection's ends and numbers, as far as they are known.

    `local` and `remote` are address and port of the stack and of the peer. `stack_iss`,
    `stack_stamp` and `cookie` are what has been seen last.
    """

    __slots__ = (
        "acked",
        "cookie",
        "ip",
        "known",
        "local",
        "peer_iss",
        "peer_stamp",
        "remote",
        "reset",
        "stack_iss",
        "stack_next",
        "stack_stamp",
        "used",
    )

    def __init__(
        self, local: tuple[str, int], remote: tuple[str, int], iss: int, stamp: int
    ) -> None:
        self.local, self.remote = local, remote
        self.ip = header(remote[0], local[0])
        #: What is the same in all segments without flaws; of the local end that it was made for.
        self.known: Known | None = None
        self.peer_iss, self.peer_stamp = iss, stamp
        self.stack_iss = self.stack_stamp = 0
        self.cookie = b""
        #: What the stack has acknowledged last and would send next, None before it has said.
        self.acked: int | None = None
        self.stack_next: int | None = None
        self.used = self.reset = False

    def copy(self) -> Ends:
        """The same once more."""
        made = Ends(self.local, self.remote, self.peer_iss, self.peer_stamp)
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        return made


@lru_cache(maxsize=64)
def header(src: str, dst: str) -> IPv4 | IPv6:
    """A plain header from `src` to `dst`."""
    return IPv6(src, dst) if ":" in dst else IPv4(src, dst)


class Known(NamedTuple):
    """What is the same in all segments of a connection over IPv4 that have no flaws.

    `header` and `segment` are the sums of the words that go into the two checksums.
    """

    local: tuple[str, int]
    ports: tuple[int, int]
    addresses: tuple[int, int]
    header: int
    segment: int


#: A segment in a plain IPv4 header, without options and text.
_PLAIN = Struct("!BBHHHBBHIIHHIIHHHH")
_PLAIN_SIZE, _WORDS, _FLAGS = 40, 15, 0x1FF
_STAMPED, _LATER = 3, Struct("!BBBBII")
_ONES = 0xFFFF
#: Lists of options that stay as they are, by their identity, with octets and the sum of their
#: words; the list is kept with them, so that no other one can have its identity.
_AREAS: dict[int, tuple[tuple[Option | LearnedCookie, ...], bytes, int]] = {}
_MOST_AREAS = 1_024


def segment_octets(step: Send, ends: Ends) -> bytes:
    """The datagram of a segment. Costs about 2 us without flaws.

    Raises BuildError for a value that its field cannot hold.
    """
    _, flags, seq, ack, window, data, options, urgent, flaws = step
    known = ends.known
    if known is None or known.local is not ends.local:
        known = ends.known = _known(ends)
    if flaws or known is None or not 0 <= flags <= _FLAGS:
        return any_segment_octets(step, ends)
    area, sum_ = _area(options, ends) if options else (b"", 0)
    size = _PLAIN_SIZE + len(area)
    if data:
        text, sum_of_text = _text((seq + 1 if flags & SYN else seq) % PEER_PERIOD, data)
        sum_ += sum_of_text
        total = size + len(text)
        area += text
    else:
        total = size
    seq = (ends.peer_iss + seq) & _MASK
    ack = 0 if ack is None else (ends.stack_iss + ack) & _MASK
    control = (size - 20) >> 2 << 12 | flags
    sum_ += known.segment + total + seq + ack + control + window + urgent
    src, dst = known.addresses
    sport, dport = known.ports
    try:
        octets = _PLAIN.pack(
            0x45, 0, total, 0, 0x4000, 64, 6, -(known.header + total) % _ONES, src, dst,
            sport, dport, seq, ack, control, window, -sum_ % _ONES, urgent,
        )  # fmt: skip
    except StructError:
        return any_segment_octets(step, ends)
    return octets + area if area else octets


def _known(ends: Ends) -> Known | None:
    ip, local, remote = ends.ip, ends.local, ends.remote
    if not isinstance(ip, IPv4):
        return None
    src, dst = number_of(ip.src), number_of(ip.dst)
    # Type of service and identification are 0; the pseudo-header has no room for more than length.
    fixed = 0x4500 + 0x4000 + (64 << 8) + 6 + src + dst
    segment = 6 - 20 + src + dst + remote[1] + local[1]
    return Known(local, (remote[1], local[1]), (src, dst), fixed, segment)


def _area(options: tuple[Option | LearnedCookie, ...], ends: Ends) -> tuple[bytes, int]:
    """The octets of options, and a number that is congruent to the sum of their words."""
    if len(options) == _STAMPED:
        one, two, last = options
        if one is NOP and two is NOP and type(last) is Timestamps:
            tsval = (ends.peer_stamp + last.tsval) & _MASK
            tsecr = (ends.stack_stamp + last.tsecr) & _MASK
            return _LATER.pack(1, 1, 8, 10, tsval, tsecr), 0x0101 + 0x080A + tsval + tsecr
    held = _AREAS.get(id(options))
    if held is not None:
        return held[1], held[2]
    area = encode_options(absolute(options, ends))
    sum_ = words(area)
    if not any(isinstance(option, RELATIVE) for option in options):
        if len(_AREAS) >= _MOST_AREAS:
            _AREAS.clear()
        _AREAS[id(options)] = options, area, sum_
    return area, sum_


@lru_cache(maxsize=1_024)
def _text(first: int, size: int) -> tuple[bytes, int]:
    """Octets of the peer's text, and a number congruent to the sum of their words."""
    text = peer_text(first, size)
    return text, words(text) % _ONES


def message_octets(step: Tell, ends: Ends) -> bytes:
    """The datagram of an ICMP message about a segment of the stack's."""
    segment = Segment(
        ends.local[1],
        ends.remote[1],
        (ends.stack_iss + step.seq) & _MASK,
        (ends.peer_iss + 1) & _MASK,
        16,
        65_535,
        payload=bytes(64),
    )
    quoted = build(Datagram.between(ends.local[0], ends.remote[0], segment))[: step.quoted]
    message = Icmp(step.type, step.code, step.rest & _MASK, quoted)
    return build(Datagram.between(ends.remote[0], ends.local[0], message))


def version_of(octets: bytes) -> int:
    """The IP version of a datagram, 0 for no octets."""
    return octets[0] >> 4 if octets else 0


def learn_options(octets: bytes, ends: Ends) -> None:
    """Take timestamp and cookie from a segment of the stack's."""
    size = len(octets)
    if octets[0] == 0x45 and octets[6:8] in _WHOLE and octets[2] << 8 | octets[3] == size:
        offset, front = octets[32] >> 4, octets[40:44]
        if offset == _MSS_ALONE and front[:2] == b"\2\4":
            return
        if offset == _STAMP_ALONE and front == b"\1\1\x08\x0a" and size >= _STAMP_ENDS:
            ends.stack_stamp = int.from_bytes(octets[44:48], "big")
            return
    body = parse(octets).body
    if not isinstance(body, Segment):
        return
    for option in body.options:
        if isinstance(option, Timestamps):
            ends.stack_stamp = option.tsval
        elif isinstance(option, FastOpen) and option.cookie:
            ends.cookie = option.cookie


#: DF and offset of what is no fragment; words of a header with one usual option.
_WHOLE = frozenset({b"\0\0", b"\x40\0"})
_MSS_ALONE, _STAMP_ALONE, _STAMP_ENDS = 6, 8, 52
