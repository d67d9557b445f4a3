"""Datagrams that are nearly right, by the way in which they are wrong."""

from __future__ import annotations

from random import Random
from struct import pack
from typing import TYPE_CHECKING

from tcpref.options import build_fast_open
from tests.trials import packets
from tests.trials.observer import ACK, FIN, MASK, RST, SYN
from tests.trials.partner import Partner, near

if TYPE_CHECKING:
    from tcpref.tcb import Tcb

PSH, URG = 8, 32
FLAGS = (
    (ACK,) * 8 + (FIN | ACK,) * 2 + (PSH | ACK,) * 2 + (SYN, SYN | ACK, RST, RST | ACK, URG | ACK)
)
TEXTS = (0, 0, 0, 1, 5, 100, 536, 1_460, 3_000, 6_000)
WINDOWS = (0, 1, 500, 4_000, 65_535, 65_535)
#: Option lists, some of which no stack may send: lengths too short, too long, kinds unknown.
PIECES = (
    b"\0", b"\1", b"\2\4\5\xb4", b"\2\4\0\0", b"\2\4\xff\xff", b"\2\3\1", b"\2\0", b"\2",
    b"\3\3\7", b"\3\3\xff", b"\3\2", b"\4\2", b"\5\12" + bytes(8), b"\5\2", b"\5\11" + bytes(7),
    b"\10\12" + b"\xff" * 8, b"\10\12" + bytes(8), b"\10\4\0\0", b"\36\4\1\2", b"\42\2",
    b"\375\4\1\2", b"\376\377", b"\377\1", b"\23\22" + bytes(16), b"\34\4\x80\1",
)  # fmt: skip


def numbers(rng: Random, partner: Partner, tcb: Tcb | None) -> tuple[int, int]:
    """A sequence number and an acknowledgement near the ones that matter."""
    if tcb is None:
        return near(rng, partner.iss), near(rng, rng.getrandbits(32))
    number = near(rng, rng.choice((tcb.rcv_nxt, tcb.rcv_nxt, tcb.rcv_edge, tcb.irs)))
    return number, near(rng, rng.choice((tcb.snd_nxt, tcb.snd_nxt, tcb.snd_una, tcb.iss)))


def segment(rng: Random, partner: Partner, tcb: Tcb | None, options: bytes | None = None) -> bytes:
    """A well-formed segment with numbers, control bits, text and window at random."""
    number, ack = numbers(rng, partner, tcb)
    flags = rng.choice(FLAGS) if rng.random() < 0.95 else rng.getrandbits(8)
    if tcb is None and rng.random() < 0.5:
        flags = SYN
    stamps = partner.stamps() if rng.random() < 0.9 else b""
    return partner.build(
        flags,
        number,
        ack,
        rng.choice(WINDOWS),
        text=rng.choice(TEXTS),
        options=stamps if options is None else options,
        urgent=rng.choice((0, 1, 1_000, 65_535)) if flags & URG else 0,
    )


def due(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """Exactly what comes next, so that a connection lives on: text in order, or an ACK."""
    if tcb is None:
        return nearly_due(rng, partner, tcb)
    return [partner.valid(tcb, text=rng.choice((0, 10, 1_000)))]


def nearly_due(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """A segment with every field at random, around what is due."""
    return [partner.wrap(segment(rng, partner, tcb))]


def odd_options(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """Options of every kind, in any order, cut off anywhere."""
    pieces = (*PIECES, build_fast_open(partner.cookie))
    options = b"".join(rng.choices(pieces, k=rng.randrange(1, 6)))[:40]
    options += bytes(-len(options) % 4)
    return [partner.wrap(segment(rng, partner, tcb, options))]


def odd_header(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """A data offset, reserved bits or urgent pointer that is wrong."""
    made = bytearray(segment(rng, partner, tcb))
    place = rng.choice((12, 13, 18, 19))
    made[place] = rng.getrandbits(8)
    return [partner.wrap(bytes(made))]


def flipped(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """Some octets of a segment changed before its checksum is made."""
    made = bytearray(segment(rng, partner, tcb))
    for _ in range(rng.randrange(1, 4)):
        made[rng.randrange(4, len(made))] = rng.getrandbits(8)
    return [partner.wrap(bytes(made))]


def damaged(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """A bit changed on the way, behind the IP header: often in the very text that is due."""
    (whole,) = due(rng, partner, tcb) if rng.random() < 0.7 else nearly_due(rng, partner, tcb)
    made = bytearray(whole)
    first = 40 if made[0] >> 4 == 6 else 0
    made[rng.randrange(first, len(made))] ^= 1 << rng.randrange(8)
    return [bytes(made)]


def truncated(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """A datagram cut off anywhere, or a segment cut off in a datagram that is whole."""
    made = segment(rng, partner, tcb)
    if rng.random() < 0.5:
        whole = partner.wrap(made)
        return [whole[: rng.randrange(len(whole))]]
    src, dst = partner.there[0], partner.here[0]
    return [packets.datagram(src, dst, made[: rng.randrange(len(made))])]


def in_pieces(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """Fragments in any order, one of them doubled or missing."""
    src, dst = partner.there[0], partner.here[0]
    sealed = packets.seal(src, dst, segment(rng, partner, tcb))
    size, number = rng.choice((8, 24, 512, 2_000)), rng.choice((77, rng.getrandbits(16)))
    pieces = packets.fragments(src, dst, sealed, size, number)
    pieces = rng.sample(pieces, min(8, len(pieces)))
    fate = rng.random()
    if fate < 0.3:
        pieces.append(pieces[0])
    elif fate < 0.6:
        pieces.pop()
    return pieces


def errors(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """ICMP about a segment of the stack's, with its number near those in flight."""
    (local, port), (remote, remote_port) = partner.here, partner.there
    number = rng.getrandbits(32) if tcb is None else near(rng, tcb.snd_una)
    quoted_segment = packets.segment((port, remote_port), (number, 0), ACK, 1_000)
    quoted = packets.datagram(local, remote, quoted_segment)
    size = rng.choice((28, 28, 40, 48, 60, rng.randrange(len(quoted) + 1)))
    six = len(local) == 16
    kind = rng.choice((1, 2, 3, 4, 128) if six else (3, 3, 3, 4, 11, 12, 8))
    return [packets.icmp_error(remote, local, kind, rng.randrange(8), quoted[:size])]


def elsewhere(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """The same from another port, or from and to addresses that no host may have."""
    made = bytearray(segment(rng, partner, tcb))
    src, dst = partner.there[0], partner.here[0]
    fate = rng.random()
    if fate < 0.4:
        made[0:2] = pack("!H", rng.randrange(30_000, 30_008))
    elif fate < 0.6:
        made[2:4] = pack("!H", rng.randrange(65_536))
    elif fate < 0.8:
        src = rng.choice((dst, b"\xff" * len(src), bytes(len(src)), b"\xe0" + src[1:]))
    else:
        dst = bytes((*dst[:-1], dst[-1] ^ 0xFF))
    return [packets.datagram(src, dst, packets.seal(src, dst, bytes(made)))]


def garbage(rng: Random, partner: Partner, _tcb: Tcb | None) -> list[bytes]:
    """Octets at random, with or without an IP header before them."""
    octets = rng.randbytes(rng.randrange(80))
    if rng.random() < 0.5:
        return [octets]
    src, dst = partner.there[0], partner.here[0]
    return [packets.datagram(src, dst, octets, rng.choice((1, 6, 17, 58, 0, 60, 43)))]


def blind(rng: Random, partner: Partner, _tcb: Tcb | None) -> list[bytes]:
    """What somebody sends who knows the ports only."""
    number, ack = rng.getrandbits(32), rng.getrandbits(32)
    flags = rng.choice((RST, SYN, ACK, FIN | ACK, RST | ACK))
    return [partner.wrap(partner.build(flags, number & MASK, ack, text=rng.choice((0, 20))))]


def early(rng: Random, partner: Partner, tcb: Tcb | None) -> list[bytes]:
    """A SYN with text and a cookie for fast open, mostly a good one."""
    cookie = partner.cookie if rng.random() < 0.8 else rng.randbytes(8)
    flags = SYN if rng.random() < 0.9 else SYN | FIN
    number = partner.iss if tcb is None else tcb.irs
    options = build_fast_open(cookie)
    syn = partner.build(flags, number, 0, text=rng.choice(TEXTS), options=options)
    return [partner.wrap(syn)]


#: Each maker with its share.
MAKERS = {
    due: 15,
    nearly_due: 35,
    odd_options: 10,
    odd_header: 5,
    flipped: 8,
    damaged: 4,
    truncated: 4,
    in_pieces: 3,
    errors: 5,
    elsewhere: 5,
    garbage: 2,
    blind: 4,
    early: 5,
}
CHOICES = tuple(maker for maker, share in MAKERS.items() for _ in range(share))
#: Those whose text may differ from what belongs at its number.
WILD = frozenset({odd_header, flipped, elsewhere, odd_options, garbage, truncated})
#: Those whose octets may be anything but one whole datagram with a segment.
UNSHAPED = frozenset({garbage, in_pieces, errors, truncated})
