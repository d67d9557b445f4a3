"""TCP options (RFC 9293, 3.2; RFC 7323; RFC 2018; RFC 7413) as values, and their octets."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from struct import error as StructError  # noqa: N812 - an exception class
from typing import TYPE_CHECKING, ClassVar, NoReturn

from tcpassay.wire.errors import BuildError, ParseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TWO = Struct("!BBH")
_STAMPS = Struct("!BBII")
_TWO_STAMPS = Struct("!II")


@dataclass(frozen=True, slots=True)
class EndOfList:
    """Kind 0. `trailer` holds what lies behind it, but for the zeros that padding adds."""

    trailer: bytes = b""
    kind: ClassVar[int] = 0

    def encode(self) -> bytes:
        """The option's octets and what lies behind them."""
        return b"\0" + self.trailer


@dataclass(frozen=True, slots=True)
class NoOperation:
    """Kind 1: one octet between options."""

    kind: ClassVar[int] = 1

    def encode(self) -> bytes:
        """The option's octet."""
        return b"\x01"


@dataclass(frozen=True, slots=True)
class MaximumSegmentSize:
    """Kind 2: the largest segment its sender wants to receive, octets of data."""

    value: int
    kind: ClassVar[int] = 2

    def encode(self) -> bytes:
        """The option's octets."""
        return _TWO.pack(2, 4, self.value)


@dataclass(frozen=True, slots=True)
class WindowScale:
    """Kind 3: by how many bits its sender shifts its windows (RFC 7323, 2.2)."""

    shift: int
    kind: ClassVar[int] = 3

    def encode(self) -> bytes:
        """The option's octets."""
        return bytes((3, 3, self.shift))


@dataclass(frozen=True, slots=True)
class SackPermitted:
    """Kind 4: its sender takes SACK options (RFC 2018, 2)."""

    kind: ClassVar[int] = 4

    def encode(self) -> bytes:
        """The option's octets."""
        return b"\x04\x02"


@dataclass(frozen=True, slots=True)
class Sack:
    """Kind 5: blocks received out of order, (left edge, right edge) each (RFC 2018, 3)."""

    blocks: tuple[tuple[int, int], ...]
    kind: ClassVar[int] = 5

    def encode(self) -> bytes:
        """The option's octets."""
        edges = b"".join(
            [_TWO_STAMPS.pack(left & 0xFFFFFFFF, right & 0xFFFFFFFF) for left, right in self.blocks]
        )
        return bytes((5, 2 + len(edges))) + edges


@dataclass(frozen=True, slots=True)
class Timestamps:
    """Kind 8: TSval and TSecr, ticks modulo 2^32 (RFC 7323, 3.2)."""

    tsval: int
    tsecr: int
    kind: ClassVar[int] = 8

    def encode(self) -> bytes:
        """The option's octets."""
        return _STAMPS.pack(8, 10, self.tsval & 0xFFFFFFFF, self.tsecr & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class FastOpen:
    """Kind 34: a fast open cookie, empty to ask for one (RFC 7413, 4.1.1)."""

    cookie: bytes = b""
    kind: ClassVar[int] = 34

    def encode(self) -> bytes:
        """The option's octets."""
        return bytes((34, 2 + len(self.cookie))) + self.cookie


@dataclass(frozen=True, slots=True)
class UnknownOption:
    """A kind without a type of its own, or a known kind with a length that is not its own.

    `octets` are those behind kind and length.
    """

    kind: int
    octets: bytes = b""

    def encode(self) -> bytes:
        """The option's octets."""
        return bytes((self.kind, 2 + len(self.octets))) + self.octets


@dataclass(frozen=True, slots=True)
class UnreadableOptions:
    """The rest of the options, from a kind whose length is missing, below 2 or too large."""

    octets: bytes

    @property
    def kind(self) -> int:
        """The kind that cannot be read, -1 where there are no octets."""
        return self.octets[0] if self.octets else -1

    def encode(self) -> bytes:
        """The octets, as they came."""
        return self.octets


Option = (
    EndOfList
    | NoOperation
    | MaximumSegmentSize
    | WindowScale
    | SackPermitted
    | Sack
    | Timestamps
    | FastOpen
    | UnknownOption
    | UnreadableOptions
)

NOP = NoOperation()
SACK_PERMITTED = SackPermitted()
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


def encode_options(options: Iterable[Option], *, pad: bool = True) -> bytes:
    """The octets of `options`, with zeros to a multiple of 4 unless `pad` is false.

    Raises BuildError where an option cannot hold its value.
    """
    try:
        octets = b"".join([option.encode() for option in options])
    except (ValueError, OverflowError, TypeError, StructError) as error:
        raise BuildError("TCP option", "a value that fits it", f"{options!r} ({error})") from None
    return octets + _PADDING[len(octets) & 3] if pad else octets


def parse_options(octets: bytes, *, strict: bool = False, offset: int = 0) -> tuple[Option, ...]:
    """The options in `octets`, a whole options area; zeros that padding adds are left off.

    Strict raises ParseError for a length that overruns the area or is not the kind's own, and for
    anything but zeros behind the end of the list. `offset` is the area's place in the datagram.
    """
    options: list[Option] = []
    at, size = 0, len(octets)
    while at < size:
        kind = octets[at]
        if kind == 1:
            options.append(NOP)
            at += 1
            continue
        if kind == 0:
            _end(options, octets, at, offset if strict else None)
            break
        length = octets[at + 1] if at + 1 < size else 0
        if length < 2 or at + length > size:
            if strict:
                _refuse(kind, at + offset, f"at most {size - at} and at least 2", length)
            options.append(UnreadableOptions(octets[at:]))
            break
        data = octets[at + 2 : at + length]
        decode = _DECODERS.get(kind)
        option = decode(data) if decode else UnknownOption(kind, data)
        if option is None:
            if strict:
                _refuse(kind, at + offset, _LENGTHS[kind], length)
            option = UnknownOption(kind, data)
        options.append(option)
        at += length
    return tuple(options)


def _refuse(kind: int, offset: int, want: str, length: int) -> NoReturn:
    raise ParseError(f"length of TCP option {kind}", offset + 1, want, str(length))


def _end(options: list[Option], octets: bytes, at: int, offset: int | None) -> None:
    """Note the end of the list at `at`, unless it is the first octet of mere padding."""
    trailer = octets[at + 1 :]
    if offset is not None and any(trailer):
        raise ParseError("TCP option padding", offset + at + 1, "zeros", trailer.hex())
    if octets[at:] == _PADDING[at & 3]:
        return
    options.append(EndOfList(b"" if trailer == _PADDING[(at + 1) & 3] else trailer))


def _mss(data: bytes) -> Option | None:
    return MaximumSegmentSize(data[0] << 8 | data[1]) if len(data) == 2 else None


def _window_scale(data: bytes) -> Option | None:
    return WindowScale(data[0]) if len(data) == 1 else None


def _sack_permitted(data: bytes) -> Option | None:
    return None if data else SACK_PERMITTED


def _sack(data: bytes) -> Option | None:
    if not data or len(data) % 8:
        return None
    return Sack(tuple(_TWO_STAMPS.iter_unpack(data)))


def _timestamps(data: bytes) -> Option | None:
    return Timestamps(*_TWO_STAMPS.unpack(data)) if len(data) == 8 else None


def _fast_open(data: bytes) -> Option | None:
    """RFC 7413, 4.1.1: no cookie, or an even number of octets from 4 to 16."""
    size = len(data)
    return FastOpen(data) if not size or (4 <= size <= 16 and not size & 1) else None


_DECODERS: dict[int, Callable[[bytes], Option | None]] = {
    2: _mss,
    3: _window_scale,
    4: _sack_permitted,
    5: _sack,
    8: _timestamps,
    34: _fast_open,
}
_LENGTHS = {2: "4", 3: "3", 4: "2", 5: "2 + 8 per block", 8: "10", 34: "2 or 6 to 18, even"}
