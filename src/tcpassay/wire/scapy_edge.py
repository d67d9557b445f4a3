"""The way to Scapy and back. Importing this module does not import Scapy; `load` does, once.

Scapy takes some 0.3 s to import and 80 to 300 us a packet, so it stays off every hot path.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from typing import TYPE_CHECKING

from tcpassay.wire.errors import ParseError

if TYPE_CHECKING:
    from scapy.packet import Packet

_LAYERS = "scapy.layers.inet6"
_loading = threading.Lock()


def load() -> None:
    """Import Scapy's IPv4, IPv6, TCP and ICMP layers, and nothing else of it.

    Scapy's own modules warn while they are compiled and imported: of escape sequences on newer
    interpreters, of ciphers that an installed `cryptography` is about to drop. None of it
    concerns TCP, so warnings that come from inside Scapy are dropped during this import and only
    then; its loggers speak of errors only.
    """
    if _LAYERS in sys.modules:
        return
    with _loading, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(.*[/.])?scapy\b")
        logging.getLogger("scapy").setLevel(logging.ERROR)
        import scapy.layers.inet
        import scapy.layers.inet6  # noqa: F401 - registers the layers


def to_scapy(octets: bytes) -> Packet:
    """The datagram as a Scapy packet; raises ParseError where it is neither IPv4 nor IPv6."""
    load()
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    version = octets[0] >> 4 if octets else 0
    if version not in (4, 6):
        raise ParseError("IP version", 0, "4 or 6", f"{version}")
    packet: Packet = IP(octets) if version == 4 else IPv6(octets)
    return packet


def from_scapy(packet: Packet) -> bytes:
    """The octets of a packet from its outermost IP header on, unset fields filled in by Scapy.

    Raises ParseError for a packet that has no IP layer.
    """
    load()
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    layer = packet
    while layer and not isinstance(layer, IP | IPv6):
        layer = layer.payload
    if not layer:
        raise ParseError("Scapy packet", 0, "an IP or IPv6 layer", packet.summary())
    return bytes(layer)
