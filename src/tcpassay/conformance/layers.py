"""Scapy's layers for cases, loaded when the first packet is made rather than on import.

`TCP(flags="S") / Raw(b"x")` reads and works as with Scapy itself; a field left unset is filled in
by the connection that sends the packet.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scapy.packet import Packet


@dataclass(frozen=True, slots=True)
class Layer:
    """A Scapy layer by the name of its module; calling it makes a packet."""

    module: str
    name: str

    def __call__(self, *args: Any, **fields: Any) -> Packet:  # noqa: ANN401 - Scapy's own signature
        from tcpassay.wire.scapy_edge import load

        load()
        packet: Packet = getattr(import_module(self.module), self.name)(*args, **fields)
        return packet


IP = Layer("scapy.layers.inet", "IP")
TCP = Layer("scapy.layers.inet", "TCP")
ICMP = Layer("scapy.layers.inet", "ICMP")
IPv6 = Layer("scapy.layers.inet6", "IPv6")
ICMPv6DestUnreach = Layer("scapy.layers.inet6", "ICMPv6DestUnreach")
ICMPv6PacketTooBig = Layer("scapy.layers.inet6", "ICMPv6PacketTooBig")
ICMPv6TimeExceeded = Layer("scapy.layers.inet6", "ICMPv6TimeExceeded")
IPv6ExtHdrDestOpt = Layer("scapy.layers.inet6", "IPv6ExtHdrDestOpt")
IPv6ExtHdrFragment = Layer("scapy.layers.inet6", "IPv6ExtHdrFragment")
IPv6ExtHdrHopByHop = Layer("scapy.layers.inet6", "IPv6ExtHdrHopByHop")
IPv6ExtHdrRouting = Layer("scapy.layers.inet6", "IPv6ExtHdrRouting")
HBHOptUnknown = Layer("scapy.layers.inet6", "HBHOptUnknown")
PadN = Layer("scapy.layers.inet6", "PadN")
IPOption = Layer("scapy.layers.inet", "IPOption")
Raw = Layer("scapy.packet", "Raw")
