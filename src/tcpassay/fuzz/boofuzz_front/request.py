"""The requests of a session: segments, their fields and options as primitives.

Numbers are tried through boofuzz's own lists, or through all their values where those are few;
what has few telling values has them listed here. A default is what boofuzz shows for a field that
is right. No name is part of another: boofuzz would take the two for the same field.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from boofuzz import BitField, Byte, DWord, Request, Simple, Word

from tcpassay.fuzz.boofuzz_front.relative import OPTION, SEGMENTS, rendering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boofuzz import Fuzzable
    from boofuzz.mutation_context import MutationContext

BIG = ">"

#: Distances at which a number leaves a window or a text: of a byte, of the windows that stacks
#: open with, of a scaled one, and half the numbers away.
DISTANCES = (
    11, 12, 1459, 1460, 1461, 5839, 5840, 5841, 14_599, 14_600, 14_601, 28_960, 29_200, 43_690,
    64_239, 64_240, 64_241, 65_483, 65_495, 65_534, 65_535, 65_536, 65_537, 131_071, 131_072,
    131_073, -11, -1460, -65_535, -65_536, -131_072,
)  # fmt: skip
#: Octets of text: none, one, around the default, the usual and the largest segment.
SIZES = (0, 1, 2, 3, 9, 11, 87, 88, 535, 536, 537, 1219, 1220, 1221, 1439, 1440, 1459, 1460)


class Relative(Request):
    """A request that renders what is mutated and leaves out what is right."""

    def render(self, mutation_context: MutationContext | None = None) -> bytes:
        """The parts of the mutations, by name, in the order of the request."""
        if mutation_context is None:
            return rendering(self.name, [])
        found = sorted((self._order[name], name) for name in mutation_context.mutations)
        return rendering(self.name, [self._part(name, mutation_context) for _, name in found])

    def _part(self, name: str, context: MutationContext) -> tuple[str, bytes]:
        """A field's name and octets, which boofuzz puts together bit by bit: remembered."""
        key = name, context.mutations[name].index
        if key not in self._parts:
            item = self.names[name]
            self._parts[key] = item.name, item.render(context)
        return self._parts[key]

    @cached_property
    def _parts(self) -> dict[tuple[str, int], tuple[str, bytes]]:
        return {}

    @cached_property
    def _order(self) -> dict[str, int]:
        return {item.qualified_name: place for place, item in enumerate(self.stack)}

    def get_num_mutations(self) -> int:
        """How many single mutations there are. boofuzz asks for each case."""
        return self.count

    @cached_property
    def count(self) -> int:
        """Counted once: the lists are fixed."""
        return int(self.num_mutations())


def segments() -> tuple[Relative, ...]:
    """The requests, anew: a request belongs to one session.

    All fields of the segment that is due; the numbers of those that may come at any time.
    """
    due, *others = SEGMENTS
    whole = Relative(due, children=(*_header(), *_options(), *_around()))
    return (whole, *(Relative(name, children=tuple(_numbers_and_text())) for name in others))


def _numbers_and_text() -> Iterator[Fuzzable]:
    far = [distance & 0xFFFFFFFF for distance in DISTANCES]
    yield DWord("seq", endian=BIG, fuzz_values=far)
    yield DWord("ack", endian=BIG, fuzz_values=far)
    yield _listed("size", 2, *SIZES)


def _header() -> Iterator[Fuzzable]:
    yield Byte("flags", default_value=16, full_range=True)
    yield from _numbers_and_text()
    yield Word("window", default_value=65_535, endian=BIG)
    yield Word("urgent", endian=BIG)
    yield BitField("data_offset", default_value=5, width=4, full_range=True)
    yield BitField("reserved", width=3, full_range=True)
    yield _listed("checksum", 2, 1, 2, 0x100, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
    yield _listed("text", 1, 1, 0x80, 0xFF)
    yield _listed("sport", 2, 1, 2, 7, 0x8000, 0xFFFF)
    yield _listed("dport", 2, 1, 2, 0x8000, 0xFFFF)


def _around() -> Iterator[Fuzzable]:
    """The IP header, and the datagram's end."""
    yield _listed("ttl", 1, 0, 1, 2, 63, 128, 254, 255)
    yield BitField("tos", width=8, full_range=False)
    yield BitField("ip_flags", default_value=2, width=3, full_range=True)
    yield BitField("fragment_offset", width=13, endian=BIG)
    yield Byte("protocol", default_value=6)
    yield Word("total_length", endian=BIG)
    yield _listed("ip_checksum", 2, 1, 0x100, 0x7FFF, 0xFFFF)
    yield BitField("ihl", default_value=5, width=4, full_range=True)
    yield BitField("version", default_value=4, width=4, full_range=True)
    yield _listed("src", 1, 1, 2, 3, 4)
    yield _listed("cut", 1, 1, 2, 4, 5, 9, 10, 11, 19, 20, 29, 30, 39, 40)
    yield _listed("pad", 1, 1, 2, 3, 4, 8, 255)


def _listed(name: str, size: int, *values: int) -> Simple:
    """A number of `size` octets with the values that tell something."""
    return Simple(name, bytes(size), fuzz_values=[value.to_bytes(size, "big") for value in values])


# -- options -------------------------------------------------------------------------------------


def _options() -> Iterator[Simple]:
    yield _option("mss", 2, *(value.to_bytes(2, "big") for value in _MSS))
    yield _option("wscale", 3, *(bytes((shift,)) for shift in (0, 1, 7, 13, 14, 15, 16, 31, 255)))
    yield _option("permits-sack", 4, b"")
    yield _option("sack", 5, *_SACKS)
    yield _option("timestamps", 8, *_STAMPS)
    yield _option("md5", 19, bytes(16))
    yield _option("user-timeout", 28, b"\0\0", b"\0\x01", b"\x80\x01", b"\xff\xff")
    yield _option("authentication", 29, bytes(14))
    yield _option("mptcp", 30, bytes.fromhex("0081") + bytes(8), bytes(10))
    yield _option("fastopen", 34, b"", bytes(4), bytes(8), bytes(16), bytes(15), bytes(20))
    yield _option("experimental", 253, b"", b"\xf9\x89", b"\xf9\x89" + bytes(8))
    unknown = [bytes((kind, 2 + size)) + bytes(size) for kind in _UNKNOWN for size in (0, 2)]
    yield Simple(f"{OPTION}unknown", b"", fuzz_values=unknown)
    yield Simple(f"{OPTION}list", b"", fuzz_values=list(_LISTS))


def _option(name: str, kind: int, *bodies: bytes) -> Simple:
    """An option with each body, then with every lie about its length."""
    right = [bytes((kind, 2 + len(body))) + body for body in bodies]
    size = 2 + len(bodies[0])
    lies = sorted({0, 1, 2, 3, size - 1, size + 1, size + 2, 40, 41, 127, 255} - {size})
    wrong = [bytes((kind, lie)) + bodies[0] for lie in lies]
    return Simple(f"{OPTION}{name}", b"", fuzz_values=[*right, *wrong, bytes((kind,))])


def _numbers(*values: int) -> bytes:
    return b"".join([(value & 0xFFFFFFFF).to_bytes(4, "big") for value in values])


_MSS = (0, 1, 7, 8, 11, 12, 13, 40, 48, 64, 87, 88, 89, 216, 535, 536, 1459, 1460, 8960, 65_535)
#: TSval from the peer's start, TSecr from the stack's newest.
_STAMPS = tuple(
    _numbers(value, echo)
    for value, echo in (
        (0, 0), (1, 0), (0, 1), (0, -1), (-1, 0), (1 << 31, 0), ((1 << 31) - 1, 0), (0, 1 << 31),
        (-1, -1), (1000, -1000),
    )
)  # fmt: skip
#: Blocks from stack.iss: nothing, one octet, what is not sent, backwards, half the numbers.
_SACKS = tuple(
    _numbers(*edges)
    for edges in (
        (1, 2), (0, 1), (0, 0), (2, 1), (2, 3), (1, 1 + (1 << 31)), (100, 200), (-100, -50),
        (1, 2, 3, 4), (1, 2, 1, 2), (1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6, 7, 8),
        (7, 8, 5, 6, 3, 4, 1, 2), (0, 1 << 31, 1 << 31, 0),
    )
)  # fmt: skip
_UNKNOWN = (6, 7, 9, 10, 14, 15, 18, 20, 27, 33, 35, 64, 69, 126, 127, 128, 172, 252, 254, 255)
#: Whole areas: nothing but fill, an end before an option, one option twice, one too many octets.
_LISTS = (
    b"\x01", bytes((1,)) * 3, bytes((1,)) * 4, bytes((1,)) * 40, b"\x00", b"\x00" * 40,
    b"\x00\x02\x04\x05\xb4", b"\x00" + b"\xff" * 39, b"\x02\x04\x05\xb4" * 2,
    b"\x02\x04\x05\xb4\x02\x04\x00\x01", b"\x02\x04\x05\xb4" * 10, b"\x04\x02" * 20,
    b"\x03\x03\x02" * 13, b"\x08\x0a" + bytes(8) + b"\x08\x0a" + bytes(8), b"\x01" * 39 + b"\x02",
    b"\x01" * 38 + b"\x02\x04", b"\x01" * 37 + b"\x03\x03\x07", b"\x22\x02" * 20, b"\xff" * 40,
    b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + bytes(8) + b"\x01\x03\x03\x07",
)  # fmt: skip
