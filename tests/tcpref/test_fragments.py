"""Datagrams in pieces: put together, bounded in number, octets and time, and never wrongly."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import IP, TCP, defragment, fragment
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    defragment6,
    fragment6,
)
from scapy.packet import Packet, Raw

from tcpref.assay import Assay, open_stack
from tcpref.checksum import checksum, remainder
from tcpref.fragments import FragmentTable, Piece
from tcpref.ip_input import receive
from tcpref.ipv4 import PROTOCOL_TCP, parse_ipv4
from tcpref.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE, THERE = "192.0.2.1", "192.0.2.2"
HERE6, THERE6 = "2001:db8::1", "2001:db8::2"
SECOND = 1_000_000_000
SYN = 2


def opened(**settings: object) -> Assay:
    """A stack with an address of each version that listens on port 80."""
    assay = open_stack({"seed": 1, "addresses": [HERE, HERE6], "settings": settings})
    made = ("name", "AF_INET6"), ("flags", ("SOCK_STREAM",)), ("value", 0)
    assay.call(1, 0, "socket", made, 0)
    assay.call(2, 0, "bind", (("fd", 3), ("address", ("::", 80))), 0)
    assay.call(3, 0, "listen", (("fd", 3), ("length", 5)), 0)
    assay.take_output()
    return assay


def datagrams(assay: Assay, pieces: Sequence[Packet | bytes], now: int = 0) -> list[bytes]:
    """Hand pieces to the stack; the datagrams that it sends."""
    for piece in pieces:
        assay.on_datagram(bytes(piece), now)
    return [event[1] for event in assay.take_output() if event[0] == "datagram"]  # type: ignore[misc]


def syn(version: int, text: bytes = b"x" * 200) -> Packet:
    """A SYN with text, of either version; one of IPv6 has a place for the Fragment header."""
    tcp = TCP(sport=4000, dport=80, flags="S", seq=100) / Raw(text)
    if version == 4:
        return IP(src=THERE, dst=HERE, id=7) / tcp
    return IPv6(src=THERE6, dst=HERE6) / IPv6ExtHdrFragment(id=7) / tcp


def cut(version: int, packet: Packet, octets: int) -> list[bytes]:
    """The pieces of a datagram, `octets` of payload each, as Scapy makes them."""
    if version == 4:
        return [bytes(piece) for piece in fragment(packet, octets)]  # type: ignore[no-untyped-call]
    return [bytes(piece) for piece in fragment6(packet, octets + 48)]  # type: ignore[no-untyped-call]


def tcp_flags(octets: bytes) -> int | None:
    """The control bits of a datagram's segment; None where it holds something else."""
    packet = IPv6(octets) if octets[0] >> 4 == 6 else IP(octets)
    return int(packet[TCP].flags) if TCP in packet else None


def message(octets: bytes) -> tuple[int, int, int, bytes]:
    """Type, code, the word behind the checksum and the quotation of an ICMP error."""
    text = octets[20:] if octets[0] >> 4 == 4 else octets[40:]
    return text[0], text[1], int.from_bytes(text[4:8], "big"), text[8:]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("order", [1, -1])
def test_syn_in_pieces_is_answered(version: int, order: int) -> None:
    assay = opened()
    pieces = cut(version, syn(version), 64)[::order]
    assert datagrams(assay, pieces[:-1]) == []
    assert assay.read_stats()["fragment_octets"] > 0
    assert [tcp_flags(sent) for sent in datagrams(assay, pieces[-1:])] == [0x12]
    assert assay.read_stats()["fragment_octets"] == 0


@pytest.mark.parametrize("version", [4, 6])
def test_damaged_segment_is_found_out_once_whole(version: int) -> None:
    assay = opened()
    pieces = cut(version, syn(version), 64)
    pieces[-1] = pieces[-1][:-1] + b"y"
    assert datagrams(assay, pieces) == []
    assert assay.read_stats()["connections"] == 0


@pytest.mark.parametrize("version", [4, 6])
def test_overlap_spoils_the_datagram(version: int) -> None:
    """RFC 5722: pieces that come afterwards are dropped too, the next datagram is not."""
    assay = opened()
    packet = syn(version)
    pieces, other = cut(version, packet, 64), cut(version, packet, 72)
    assert datagrams(assay, [pieces[0], other[1], *pieces[1:]]) == []
    assert assay.read_stats()["fragment_octets"] == 0
    if version == 4:
        packet.id = 8
    else:
        packet[IPv6ExtHdrFragment].id = 8
    assert len(datagrams(assay, cut(version, packet, 64))) == 1


@pytest.mark.parametrize("version", [4, 6])
def test_copy_is_no_overlap(version: int) -> None:
    pieces = cut(version, syn(version), 64)
    assert len(datagrams(opened(), [piece for piece in pieces for _ in range(2)][:-1])) == 1


@pytest.mark.parametrize("version", [4, 6])
def test_two_ends_contradict_each_other(version: int) -> None:
    assay = opened()
    long, short = syn(version), syn(version, b"x" * 100)
    pieces = [cut(version, long, 64)[-1], cut(version, short, 64)[-1]]
    assert datagrams(assay, [*pieces, *cut(version, long, 64)]) == []


@pytest.mark.parametrize("version", [4, 6])
def test_time_runs_out_from_the_first_piece(version: int) -> None:
    """RFC 1122, 3.3.2; RFC 8200, 4.5: the sender hears of it if the first piece has come."""
    assay = opened(fragment_s=20)
    pieces = cut(version, syn(version), 64)
    wait = 20 if version == 4 else 60
    assert datagrams(assay, pieces[:1]) == []
    assert datagrams(assay, pieces[2:], 10 * SECOND) == []
    assert assay.next_timeout() == wait * SECOND
    assay.on_timer(wait * SECOND)
    (sent,) = datagrams(assay, [])
    kind, code, word, quoted = message(sent)
    assert (kind, code, word) == (11 if version == 4 else 3, 1, 0)
    assert quoted == pieces[0]
    assert datagrams(assay, pieces[1:2], wait * SECOND) == []
    assert assay.read_stats()["connections"] == 0


@pytest.mark.parametrize("version", [4, 6])
def test_nothing_is_told_without_the_first_piece(version: int) -> None:
    assay = opened()
    assert datagrams(assay, cut(version, syn(version), 64)[1:]) == []
    assay.on_timer(60 * SECOND)
    assert datagrams(assay, []) == []
    assert assay.read_stats()["timers"] == 0


@pytest.mark.parametrize("version", [4, 6])
def test_reassembly_can_be_turned_off(version: int) -> None:
    assay = opened(fragment_datagrams=0)
    assert datagrams(assay, cut(version, syn(version), 64)) == []
    assert assay.next_timeout() is None


def test_atomic_fragment_stands_alone() -> None:
    """RFC 6946: pieces of the same identification have nothing to do with it."""
    assay = opened()
    whole = syn(6)
    assert datagrams(assay, cut(6, whole, 64)[1:2]) == []
    assert len(datagrams(assay, [whole])) == 1
    assert assay.read_stats()["fragment_octets"] == 64


def test_headers_before_and_behind_the_cut() -> None:
    """Destination options on both sides of the Fragment header."""
    tcp = TCP(sport=4000, dport=80, flags="S", seq=100) / Raw(b"x" * 300)
    head = IPv6(src=THERE6, dst=HERE6) / IPv6ExtHdrDestOpt()
    whole = head / IPv6ExtHdrFragment(id=9) / IPv6ExtHdrDestOpt() / tcp
    pieces = fragment6(whole, 120)  # type: ignore[no-untyped-call]
    assert len(pieces) > 2
    sent = datagrams(opened(), pieces)
    assert [tcp_flags(octets) for octets in sent] == [0x12]


@pytest.mark.parametrize(("kind", "told"), [(1, 0), (3, 0), (127, 0), (128, 1), (129, 1)])
def test_no_error_about_an_error_behind_extension_headers(kind: int, told: int) -> None:
    """An option that asks for an error, before an ICMPv6 message (RFC 4443, 2.4, e.1)."""
    options = bytes((58, 0, 0x9E, 4)) + bytes(4)
    message = bytes((kind, 0)) + bytes(6)
    datagram = IPv6(src=THERE6, dst=HERE6, nh=60) / Raw(options + message)
    assert len(datagrams(opened(), [datagram])) == told


def piece6(offset: int, more: int, text: bytes, ident: int = 5) -> bytes:
    """A piece made by hand, its offset in units of eight octets."""
    header = IPv6ExtHdrFragment(nh=6, offset=offset, m=more, id=ident)
    return bytes(IPv6(src=THERE6, dst=HERE6) / header / Raw(text))


@pytest.mark.parametrize(
    ("piece", "error"),
    [
        (piece6(1, 1, b"x" * 60), (4, 0, 4)),
        (piece6(8191, 0, b"x" * 16), (4, 0, 42)),
        (piece6(0, 1, b"x" * 16), (4, 3, 0)),
        (piece6(1, 1, b""), None),
    ],
)
def test_impossible_piece(piece: bytes, error: tuple[int, int, int] | None) -> None:
    """RFC 8200, 4.5: its length, the length of the whole, a first one with half a header."""
    assay = opened()
    sent = datagrams(assay, [piece])
    assert [message(octets)[:3] for octets in sent] == ([] if error is None else [error])
    assert assay.read_stats()["fragment_octets"] == 0


@pytest.mark.parametrize(("offset", "size"), [(8191, 16), (1, 60), (1, 0)])
def test_impossible_ipv4_piece_is_dropped(offset: int, size: int) -> None:
    assay = opened()
    piece = IP(src=THERE, dst=HERE, id=5, frag=offset, flags="MF", proto=6) / Raw(b"x" * size)
    assert datagrams(assay, [piece]) == []
    assert assay.read_stats()["fragment_octets"] == 0


def test_smallest_pieces() -> None:
    """RFC 791: eight octets are a piece."""
    assert len(datagrams(opened(), cut(4, syn(4), 8))) == 1


def test_memory_is_bounded() -> None:
    """Datagrams, octets and pieces have their limits; the oldest goes, the newest is served."""
    assay = opened(fragment_datagrams=16, fragment_octets=20_000, fragment_pieces=30)
    random = Random(1)
    for ident in range(3000):
        offset = random.randrange(1, 4000)
        text = Raw(b"x" * 8 * random.randrange(1, 150))
        piece = IP(src=THERE, dst=HERE, id=ident % 500, frag=offset, flags="MF", proto=6) / text
        assay.on_datagram(bytes(piece), ident)
        table = assay.stack.fragments
        assert (len(table) <= 16, table.octets() <= 20_000) == (True, True)
        assert assay.stack.timers.running() <= 16
    packet = syn(4)
    packet.id = 60_000
    assert len(datagrams(assay, cut(4, packet, 64), 5000)) == 1
    assert datagrams(assay, cut(4, packet, 8)[:-1], 5000) == []
    held = {key[2]: partial.octets for key, partial in assay.stack.fragments._partials.items()}
    assert 60_000 in held
    assay.on_timer(100 * SECOND)
    assert assay.read_stats()["fragment_octets"] == 0


def test_too_many_pieces_spoil() -> None:
    table = FragmentTable(Settings(fragment_pieces=3))
    partial = table.find_or_start((b"a", b"b", 1, 6))
    for start in (8, 24, 40):
        assert table.add(partial, Piece(start, b"x" * 8, last=False, datagram=b"")) is None
    assert table.octets() == 24
    table.add(partial, Piece(56, b"x" * 8, last=False, datagram=b""))
    assert (table.octets(), partial.spoiled) == (0, True)


def shuffled_pieces(version: int, random: Random) -> tuple[Packet, list[bytes]]:
    """A datagram with random text, and its pieces in disorder, some of them twice."""
    packet = syn(version, random.randbytes(random.randrange(50, 3000)))
    pieces = cut(version, packet, 8 * random.randrange(4, 60))
    pieces += random.sample(pieces, random.randrange(len(pieces)))
    random.shuffle(pieces)
    return packet, pieces


@pytest.mark.parametrize("seed", range(40))
def test_same_as_scapy_puts_together(seed: int) -> None:
    random = Random(seed)
    assay = opened(fragment_pieces=1000)
    packet, pieces = shuffled_pieces(4, random)
    found = [receive(assay.stack, piece) for piece in pieces]
    (mine,) = [packet for packet in found if packet is not None][:1]
    in_order = sorted((IP(piece) for piece in set(pieces)), key=lambda piece: piece.frag)
    wanted = parse_ipv4(bytes(defragment(in_order)[0]))  # type: ignore[no-untyped-call]
    assert wanted is not None
    assert (mine.protocol, mine.payload) == (PROTOCOL_TCP, wanted.payload)
    assert mine.payload == bytes(packet[TCP])


@pytest.mark.parametrize("seed", range(20))
def test_same_as_scapy_puts_together_ipv6(seed: int) -> None:
    random = Random(seed)
    assay = opened(fragment_pieces=1000)
    packet, pieces = shuffled_pieces(6, random)
    found = [receive(assay.stack, piece) for piece in pieces]
    (mine,) = [packet for packet in found if packet is not None][:1]
    wanted = defragment6([IPv6(piece) for piece in dict.fromkeys(pieces)])  # type: ignore[no-untyped-call]
    assert mine.payload == bytes(wanted)[40:] == bytes(packet[TCP])


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("seed", range(20))
def test_random_overlaps_give_nothing_or_the_truth(version: int, seed: int) -> None:
    """Pieces of two ways of cutting one datagram and of a forged one, mixed: right or nothing."""
    random = Random(seed)
    assay = opened(fragment_pieces=1000)
    packet, pieces = shuffled_pieces(version, random)
    forged = syn(version, random.randbytes(len(packet[Raw].load)))
    mixed = pieces + random.sample(cut(version, packet, 8 * random.randrange(4, 60)), 1)
    mixed += random.sample(cut(version, forged, 64), 1)
    random.shuffle(mixed)
    found = [receive(assay.stack, piece) for piece in mixed]
    for whole in found:
        assert whole is None or whole.payload == bytes(packet[TCP])
    assert assay.read_stats()["fragment_octets"] == assay.stack.fragments.octets()


def damage(octets: bytes, random: Random) -> bytes:
    """A datagram with some octets changed, cut off or put behind it, its IPv4 checksum right."""
    damaged = bytearray(octets)
    for _ in range(random.choice((0, 1, 2, 4))):
        chance = random.random()
        if chance < 0.7:
            damaged[random.randrange(len(damaged))] = random.choice((0, 1, 255, 60, 44))
        elif chance < 0.85:
            del damaged[random.randrange(21, len(damaged) + 1) :]
        else:
            damaged += random.randbytes(random.randrange(20))
    header = 4 * (damaged[0] & 15)
    if damaged[0] >> 4 == 4 and 20 <= header <= len(damaged):
        damaged[10:12] = bytes(2)
        damaged[10:12] = checksum(remainder(bytes(damaged[:header]))).to_bytes(2, "big")
    return bytes(damaged)


@pytest.mark.parametrize("seed", range(3))
def test_random_damage(seed: int) -> None:
    """Whatever the headers say, the table keeps its bounds and counts its octets right."""
    random = Random(seed)
    assay = opened(fragment_datagrams=20, fragment_octets=3_000, syn_cookies="full")
    intact = [piece for version in (4, 6) for piece in cut(version, syn(version), 64)]
    behind_options = IPv6(src=THERE6, dst=HERE6) / IPv6ExtHdrDestOpt() / TCP(dport=80, flags="S")
    intact += [bytes(behind_options), bytes(IP(src=THERE, dst=HERE) / TCP(dport=80, flags="S"))]
    now = 0
    for _ in range(4_000):
        now += random.choice((0, SECOND // 100, SECOND))
        while (at := assay.next_timeout()) is not None and at <= now:
            assay.on_timer(at)
        datagrams(assay, [damage(random.choice(intact), random)], now)
        table = assay.stack.fragments
        held = sum(partial.octets for partial in table._partials.values())
        assert (len(table) <= 20, table.octets()) == (True, held)
        assert held <= 3_000
    while (at := assay.next_timeout()) is not None:
        assay.on_timer(at)
    assert assay.read_stats()["fragment_octets"] == 0
