"""Captures of others: pcap and pcapng, packet by packet, down to the IP datagram.

Formats as in draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. Read here and not with Scapy:
an error then names its place, and a packet costs 3 us in place of 20.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from tcpassay.core.errors import ConfigurationError
from tcpassay.wire.linklayer import LINKS, datagram_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NS_PER_S = 1_000_000_000
#: No link carries more; a larger length is damage (BIG TCP reaches half a megabyte).
_LARGEST_PACKET = 1 << 20
_LARGEST_BLOCK = 1 << 26

#: First four octets: byte order, and nanoseconds a unit of the fraction.
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE, _ENHANCED, _JOURNAL = 0x0A0D0D0A, 1, 2, 3, 6, 9
_END, _RESOLUTION, _OFFSET = 0, 9, 14


class CapturedPacket(NamedTuple):
    """Packet `n`, counted from 1 as Wireshark does, at `t_ns` since 1970.

    `octets` is its IP datagram as far as it was kept, None where it has none. `cut` says that a
    snap length has kept only the beginning.
    """

    n: int
    t_ns: int
    octets: bytes | None
    cut: bool


class CaptureError(ConfigurationError):
    """A capture that cannot be read: the file, where in it, what was wanted (exit 2)."""

    def __init__(self, path: Path, at: int, problem: str) -> None:
        super().__init__(f"{path}: at octet {at}: {problem}")


class _Cut(Exception):  # noqa: N818 - turned into a CaptureError with its place
    def __init__(self, at: int, wanted: int, got: int) -> None:
        super().__init__()
        self.at, self.wanted, self.got = at, wanted, got


def read_capture(path: Path) -> Iterator[CapturedPacket]:
    """Every packet of a pcap or pcapng file, also gzipped, in the order of the file.

    Raises CaptureError where the file is missing, no capture, damaged or cut off.
    """
    reader = None
    try:
        with path.open("rb") as raw:
            magic = raw.read(4)
            raw.seek(0)
            if magic[:2] == b"\x1f\x8b":
                with gzip.open(raw) as unpacked:
                    reader = _Reader(path, unpacked)  # type: ignore[arg-type]
                    yield from reader.packets()
            else:
                reader = _Reader(path, raw)
                yield from reader.packets()
    except _Cut as cut:
        what = f"packet {reader.n + 1}" if reader and reader.begun else "the header"
        problem = (
            f"{what} is cut off: wanted {cut.wanted} octets, the file has {cut.got} more; "
            "capture again, or leave out its end (editcap)"
        )
        raise CaptureError(path, cut.at, problem) from None
    except (gzip.BadGzipFile, EOFError) as error:
        raise CaptureError(path, 0, f"damaged gzip: {error}") from None
    except OSError as error:
        raise ConfigurationError(f"capture {str(path)!r}: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class _Port:
    """An interface of a section: link type, units a second, seconds to add, snap length."""

    link: int
    units: int
    offset_s: int
    snap: int


class _Reader:
    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path, self._file = path, file
        self._at = 0
        self.n = 0
        self.begun = False

    def packets(self) -> Iterator[CapturedPacket]:
        magic = self._file.read(4)
        self._at = len(magic)
        if magic in _PCAP:
            yield from self._pcap(*_PCAP[magic])
        elif magic == b"\x0a\x0d\x0d\x0a":
            yield from self._pcapng()
        else:
            got = f"{magic.hex()}" if magic else "an empty file"
            raise self._error(0, f"no capture: wanted pcap or pcapng, got {got}")

    # -- pcap --------------------------------------------------------------------------------------

    def _pcap(self, order: str, unit_ns: int) -> Iterator[CapturedPacket]:
        version, _, _, _, snap, link = struct.unpack(order + "HHIIII", self._take(20))
        if version != 2:
            raise self._error(4, f"pcap version {version}, wanted 2")
        link &= 0x0FFF_FFFF
        self._known(link, 20)
        head = struct.Struct(order + "IIII")
        most = max(snap, _LARGEST_PACKET) if snap < 1 << 24 else _LARGEST_PACKET
        self.begun = True
        while octets := self._file.read(16):
            at, self._at = self._at, self._at + len(octets)
            if len(octets) < 16:
                raise _Cut(at, 16, len(octets))
            seconds, fraction, kept, length = head.unpack(octets)
            if kept > most or fraction * unit_ns >= NS_PER_S:
                raise self._error(
                    at, f"packet {self.n + 1} is damaged: {kept} octets, fraction {fraction}"
                )
            yield self._packet(link, seconds * NS_PER_S + fraction * unit_ns, kept, length)

    def _packet(self, link: int, t_ns: int, kept: int, length: int) -> CapturedPacket:
        frame = self._take(kept)
        self.n += 1
        return CapturedPacket(self.n, t_ns, datagram_in(link, frame), kept < length)

    # -- pcapng ------------------------------------------------------------------------------------

    def _pcapng(self) -> Iterator[CapturedPacket]:
        ports: list[_Port] = []
        order = "<"
        kind_octets = b"\x0a\x0d\x0d\x0a"
        while kind_octets:
            at = self._at - 4
            if len(kind_octets) < 4:
                raise _Cut(at, 4, len(kind_octets))
            kind = struct.unpack(order + "I", kind_octets)[0]
            if kind_octets == b"\x0a\x0d\x0d\x0a":
                order, body = self._section(at)
                ports = []
            else:
                body = self._body(order, at, self._take(4))
            if kind == _INTERFACE:
                ports.append(self._interface(order, body, at))
            elif kind in (_ENHANCED, _OLD_PACKET, _SIMPLE):
                yield self._from_block(order, kind, body, ports, at)
            elif kind == _JOURNAL:
                self.n += 1
            kind_octets = self._file.read(4)
            self._at += len(kind_octets)

    def _section(self, at: int) -> tuple[str, bytes]:
        start = self._take(8)
        orders = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
        order = orders.get(start[4:])
        if order is None:
            raise self._error(at + 8, f"no byte-order magic: got {start[4:].hex()}")
        self.begun = True
        return order, self._body(order, at, start[:4], taken=4)

    def _body(self, order: str, at: int, length_octets: bytes, taken: int = 0) -> bytes:
        """The body of a block, whose length stands before and behind it."""
        length = struct.unpack(order + "I", length_octets)[0]
        if length % 4 or not 12 + taken <= length <= _LARGEST_BLOCK:
            raise self._error(at + 4, f"damaged block: a length of {length} octets")
        body = self._take(length - 12 - taken)
        behind = struct.unpack(order + "I", self._take(4))[0]
        if behind != length:
            raise self._error(at, f"damaged block: length {length} before it, {behind} behind it")
        return body

    def _interface(self, order: str, body: bytes, at: int) -> _Port:
        if len(body) < 8:
            raise self._error(at, "damaged block: an interface of less than 8 octets")
        link, _, snap = struct.unpack_from(order + "HHI", body)
        self._known(link, at + 8)
        units, offset_s, here = 1_000_000, 0, 8
        while here + 4 <= len(body):
            code, size = struct.unpack_from(order + "HH", body, here)
            value = body[here + 4 : here + 4 + size]
            if code == _END:
                break
            if code == _RESOLUTION and size == 1:
                exponent = value[0] & 0x7F
                units = 2**exponent if value[0] & 0x80 else 10**exponent
            elif code == _OFFSET and len(value) == 8:
                offset_s = struct.unpack(order + "q", value)[0]
            here += 4 + size + -size % 4
        return _Port(link, units, offset_s, snap)

    def _from_block(
        self, order: str, kind: int, body: bytes, ports: list[_Port], at: int
    ) -> CapturedPacket:
        if len(body) < (4 if kind == _SIMPLE else 20):
            raise self._error(at, f"packet {self.n + 1}: damaged block")
        which, t_ns, start = 0, 0, 20
        if kind == _SIMPLE:
            length, start = struct.unpack_from(order + "I", body)[0], 4
            kept = min(length, ports[0].snap or length) if ports else 0
        else:
            form = "IIIII" if kind == _ENHANCED else "HHIIII"
            fields = struct.unpack_from(order + form, body)
            which, (high, low, kept, length) = fields[0], fields[-4:]
        if which >= len(ports):
            raise self._error(
                at, f"packet {self.n + 1}: interface {which}, and the section has {len(ports)}"
            )
        port = ports[which]
        if kind != _SIMPLE:
            t_ns = port.offset_s * NS_PER_S + ((high << 32 | low) * NS_PER_S) // port.units
        if start + kept > len(body):
            raise self._error(at, f"packet {self.n + 1}: {kept} octets in a block of {len(body)}")
        self.n += 1
        octets = datagram_in(port.link, body[start : start + kept])
        return CapturedPacket(self.n, t_ns, octets, kept < length)

    # -- octets ------------------------------------------------------------------------------------

    def _take(self, size: int) -> bytes:
        octets = self._file.read(size)
        at, self._at = self._at, self._at + len(octets)
        if len(octets) < size:
            raise _Cut(at, size, len(octets))
        return octets

    def _known(self, link: int, at: int) -> None:
        if link not in LINKS:
            names = ", ".join(sorted(set(LINKS.values())))
            raise self._error(at, f"link type {link} is not one that is read here: {names}")

    def _error(self, at: int, problem: str) -> CaptureError:
        return CaptureError(self._path, at, problem)
