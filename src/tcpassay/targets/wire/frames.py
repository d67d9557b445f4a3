"""Ethernet frames, and the two protocols that find a neighbour: ARP (RFC 826), ND (RFC 4861)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from tcpassay.wire.checksum import internet_checksum, octets_of, text4, text6

HEADER = 14
BROADCAST = b"\xff" * 6
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
_ARP = struct.Struct(">HHBBH6s4s6s4s")
_REQUEST, _REPLY = 1, 2
_ICMPV6 = 58
_SOLICITATION, _ADVERTISEMENT = 135, 136
_SOURCE_OPTION, _TARGET_OPTION = 1, 2
_SOLICITED, _OVERRIDE = 0x40000000, 0x20000000
_UNSPECIFIED4, _UNSPECIFIED6 = bytes(4), bytes(16)


class Asked(NamedTuple):
    """Somebody wants to know who has `address`; `by` is where the answer goes."""

    address: str
    by: str
    mac: bytes


class Told(NamedTuple):
    """`address` is at `mac`."""

    address: str
    mac: bytes


def ethernet(dst: bytes, src: bytes, kind: int, payload: bytes) -> bytes:
    """An Ethernet frame, without padding and checksum, which are the device's."""
    return dst + src + kind.to_bytes(2, "big") + payload


def kind_of(datagram: bytes) -> int:
    """The EtherType of an IP datagram; what is neither IPv4 nor IPv6 goes as IPv4."""
    return IPV6 if datagram[:1] and datagram[0] >> 4 == 6 else IPV4


def who_has(address: str, mac: bytes, own: str | None) -> bytes:
    """A frame that asks for the owner of `address`.

    `own` None is a probe (RFC 5227, 2.1.1; RFC 4862, 5.4.2): the asker claims no address.
    """
    wanted = octets_of(address)
    if len(wanted) == 4:
        source = octets_of(own) if own else _UNSPECIFIED4
        body = _ARP.pack(1, IPV4, 6, 4, _REQUEST, mac, source, bytes(6), wanted)
        return ethernet(BROADCAST, mac, ARP, body)
    group = bytes.fromhex("ff0200000000000000000001ff") + wanted[13:]
    option = struct.pack(">BB", _SOURCE_OPTION, 1) + mac if own else b""
    source = octets_of(own) if own else _UNSPECIFIED6
    message = struct.pack(">BBHI", _SOLICITATION, 0, 0, 0) + wanted + option
    return ethernet(b"\x33\x33" + group[12:], mac, IPV6, _discovery(source, group, message))


def here_is(asked: Asked, mac: bytes) -> bytes:
    """The frame that answers: the address asked for is at `mac`."""
    wanted = octets_of(asked.address)
    if len(wanted) == 4:
        body = _ARP.pack(1, IPV4, 6, 4, _REPLY, mac, wanted, asked.mac, octets_of(asked.by))
        return ethernet(asked.mac, mac, ARP, body)
    flags = _SOLICITED | _OVERRIDE
    message = struct.pack(">BBHI", _ADVERTISEMENT, 0, 0, flags) + wanted
    message += struct.pack(">BB", _TARGET_OPTION, 1) + mac
    return ethernet(asked.mac, mac, IPV6, _discovery(wanted, octets_of(asked.by), message))


def heard(frame: bytes) -> Asked | Told | None:
    """What a frame says about neighbours; None for anything else."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == ARP:
        return _heard_arp(frame)
    if kind == IPV6 and len(frame) >= HEADER + 64 and frame[HEADER + 6] == _ICMPV6:
        return _heard_discovery(frame)
    return None


def _heard_arp(frame: bytes) -> Asked | Told | None:
    if len(frame) < HEADER + _ARP.size:
        return None
    _, protocol, _, size, operation, mac, source, _, wanted = _ARP.unpack_from(frame, HEADER)
    if protocol != IPV4 or size != 4:
        return None
    by = text4(int.from_bytes(source, "big"))
    if operation == _REQUEST and source != _UNSPECIFIED4:
        return Asked(text4(int.from_bytes(wanted, "big")), by, mac)
    return Told(by, mac) if operation == _REPLY else None


def _heard_discovery(frame: bytes) -> Asked | Told | None:
    datagram = frame[HEADER:]
    source, message = datagram[8:24], datagram[40:]
    wanted = text6(message[8:24])
    if message[0] == _SOLICITATION and source != _UNSPECIFIED6:
        return Asked(wanted, text6(source), frame[6:12])
    if message[0] != _ADVERTISEMENT:
        return None
    option = message[24:32]
    linked = len(option) == 8 and option[0] == _TARGET_OPTION
    return Told(wanted, option[2:] if linked else frame[6:12])


def _discovery(src: bytes, dst: bytes, message: bytes) -> bytes:
    """An ICMPv6 message with hop limit 255 and its checksum (RFC 4861, 4.3)."""
    pseudo = src + dst + struct.pack(">II", len(message), _ICMPV6)
    checksum = internet_checksum(pseudo + message).to_bytes(2, "big")
    message = message[:2] + checksum + message[4:]
    return struct.pack(">IHBB", 6 << 28, len(message), _ICMPV6, 255) + src + dst + message
