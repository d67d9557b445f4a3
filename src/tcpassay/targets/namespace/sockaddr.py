"""Socket addresses: (host, port) to the C structure and back."""

from __future__ import annotations

import ctypes
import socket
import struct

from tcpassay.core.errors import AgentFault

_V4 = struct.Struct("=H2s4s8x")
_V6 = struct.Struct("=H2sI16sI")
#: Octets of struct sockaddr_storage.
ROOM = 128


def pack(address: tuple[str, int]) -> bytes:
    """A struct sockaddr_in, or sockaddr_in6 where the host has a colon. Raises AgentFault.

    The number of the interface may follow a link-local address (RFC 4007, 11): fe80::1%2.
    """
    (whole, port), scope = address, 0
    host, _, zone = whole.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        packed = socket.inet_pton(family, host)
        port_octets = port.to_bytes(2, "big")
        scope = int(zone or 0)
    except (OSError, OverflowError, ValueError):
        msg = f"{whole!r} port {port!r} is no IP socket address: give a numeric host, port 0-65535"
        raise AgentFault(msg) from None
    if family == socket.AF_INET6:
        return _V6.pack(family, port_octets, 0, packed, scope)
    return _V4.pack(family, port_octets, packed)


def unpack(octets: bytes) -> tuple[str, int] | None:
    """The address in `octets`; None where they hold no whole IP socket address."""
    if len(octets) < 2:
        return None
    zone = ""
    (family,) = struct.unpack_from("=H", octets)
    if family == socket.AF_INET and len(octets) >= _V4.size:
        _, port, host = _V4.unpack_from(octets)
    elif family == socket.AF_INET6 and len(octets) >= _V6.size:
        _, port, _, host, scope = _V6.unpack_from(octets)
        zone = f"%{scope}" if scope else ""
    else:
        return None
    return socket.inet_ntop(family, host) + zone, int.from_bytes(port, "big")


class Room:
    """Room for an address that the kernel fills in."""

    __slots__ = ("buffer", "length")

    def __init__(self, room: int = ROOM) -> None:
        self.buffer = ctypes.create_string_buffer(max(room, ROOM))
        self.length = ctypes.c_int(room)

    def again(self) -> tuple[object, object]:
        """The two last arguments of one more call, with all the room there is."""
        self.length.value = len(self.buffer)
        return self.arguments()

    def arguments(self) -> tuple[object, object]:
        """The two last arguments of accept(), getsockname(), getpeername()."""
        return self.buffer, ctypes.byref(self.length)

    def address(self) -> tuple[str, int] | None:
        """What the kernel wrote; None where it was no IP socket address or was cut short."""
        return unpack(self.buffer.raw[: self.length.value])
