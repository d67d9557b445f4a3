"""The codec against Scapy, octet for octet, in both directions."""

from __future__ import annotations

from functools import partial
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tcpassay.wire import (
    NOP,
    Datagram,
    Extension,
    FastOpen,
    Icmp,
    IPv4,
    IPv6,
    MaximumSegmentSize,
    Option,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    UnknownOption,
    WindowScale,
    build,
    destination_unreachable,
    echo_reply,
    echo_request,
    packet_too_big,
    parameter_problem,
    parse,
    time_exceeded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scapy.packet import Packet

T = TypeVar("T")
pytestmark = pytest.mark.usefixtures("scapy")

examples = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate, Phase.shrink),
)


def make(kind: Callable[..., T], fields: dict[str, object]) -> T:
    return kind(**fields)


u8, u16, u32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
address4 = st.binary(min_size=4, max_size=4).map(partial(inet_ntop, AF_INET))
address6 = st.binary(min_size=16, max_size=16).map(partial(inet_ntop, AF_INET6))
payload = st.binary(max_size=64)
block = st.tuples(u32, u32)
option: st.SearchStrategy[Option] = st.one_of(
    st.just(NOP),
    st.builds(MaximumSegmentSize, u16),
    st.builds(WindowScale, u8),
    st.just(SackPermitted()),
    st.builds(Sack, st.lists(block, min_size=1, max_size=2).map(tuple)),
    st.builds(Timestamps, u32, u32),
    st.builds(FastOpen, st.sampled_from((b"", b"abcd", b"abcdefgh"))),
    st.builds(UnknownOption, st.sampled_from((9, 200, 253)), st.binary(max_size=6)),
)
options = st.lists(option, max_size=6).filter(lambda o: sum(len(x.encode()) for x in o) <= 40)
segment = st.fixed_dictionaries(
    {
        "sport": u16,
        "dport": u16,
        "seq": u32,
        "ack": u32,
        "flags": st.integers(0, 0x1FF),
        "window": u16,
        "urgent": u16,
        "options": options.map(tuple),
        "payload": payload,
        "reserved": st.integers(0, 7),
    }
).map(partial(make, Segment))
ipv4 = st.fixed_dictionaries(
    {
        "src": address4,
        "dst": address4,
        "ttl": u8,
        "tos": u8,
        "identification": u16,
        "flags": st.sampled_from((0, 2, 4, 6)),
        "options": st.sampled_from((b"", b"\x01\x01\x01\x01")),
    }
).map(partial(make, IPv4))
extension = st.tuples(
    st.sampled_from((0, 60)),
    st.sampled_from((b"\x01\x04\0\0\0\0", b"\x01\x0c" + bytes(12))),
).map(lambda fields: Extension(*fields))
ipv6 = st.fixed_dictionaries(
    {
        "src": address6,
        "dst": address6,
        "hop_limit": u8,
        "traffic_class": u8,
        "flow_label": st.integers(0, 2**20 - 1),
        "extensions": st.lists(extension, max_size=2).map(tuple),
    }
).map(partial(make, IPv6))


def scapy_option(option: Option) -> tuple[Any, Any]:
    match option:
        case MaximumSegmentSize(value):
            return "MSS", value
        case WindowScale(shift):
            return "WScale", shift
        case SackPermitted():
            return "SAckOK", b""
        case Sack(blocks):
            return "SAck", tuple(edge for pair in blocks for edge in pair)
        case Timestamps(tsval, tsecr):
            return "Timestamp", (tsval, tsecr)
        case FastOpen(cookie):
            return 34, cookie
        case UnknownOption(kind, octets):
            return kind, octets
        case _:
            return "NOP", None


def scapy_ip(ip: IPv4 | IPv6) -> Packet:
    from scapy.layers.inet import IP, IPOption_NOP
    from scapy.layers.inet6 import IPv6 as ScapyIPv6
    from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, PadN

    if isinstance(ip, IPv4):
        return IP(
            src=ip.src,
            dst=ip.dst,
            ttl=ip.ttl,
            tos=ip.tos,
            id=ip.identification,
            flags=ip.flags,
            options=[IPOption_NOP() for _ in ip.options],
        )
    packet = ScapyIPv6(
        src=ip.src, dst=ip.dst, hlim=ip.hop_limit, tc=ip.traffic_class, fl=ip.flow_label
    )
    for kind, octets in ip.extensions:
        layer = IPv6ExtHdrDestOpt if kind else IPv6ExtHdrHopByHop
        packet /= layer(options=[PadN(optdata=octets[2:])])
    return packet


def scapy_tcp(segment: Segment) -> Packet:
    from scapy.layers.inet import TCP
    from scapy.packet import Raw

    packet = TCP(
        sport=segment.sport,
        dport=segment.dport,
        seq=segment.seq,
        ack=segment.ack,
        flags=segment.flags,
        window=segment.window,
        urgptr=segment.urgent,
        reserved=segment.reserved,
        options=[scapy_option(o) for o in segment.options],
    )
    return packet / Raw(segment.payload) if segment.payload else packet


@examples
@given(ip=st.one_of(ipv4, ipv6), body=segment)
def test_build_equals_scapy(ip: IPv4 | IPv6, body: Segment) -> None:
    assert build(Datagram(ip, body)) == bytes(scapy_ip(ip) / scapy_tcp(body))


@examples
@given(ip=st.one_of(ipv4, ipv6), body=segment)
def test_parse_of_scapys_octets_gives_the_fields(ip: IPv4 | IPv6, body: Segment) -> None:
    octets = bytes(scapy_ip(ip) / scapy_tcp(body))
    assert parse(octets) == Datagram(ip, body)


@examples
@given(ip=ipv4, body=segment)
def test_scapy_reads_the_same_fields(ip: IPv4, body: Segment) -> None:
    from scapy.layers.inet import IP, TCP

    packet = IP(build(Datagram(ip, body)))
    tcp = packet[TCP]
    assert (packet.src, packet.dst, packet.ttl, packet.tos, packet.id) == ip[:2] + ip[2:5]
    assert (tcp.sport, tcp.dport, tcp.seq, tcp.ack, int(tcp.flags), tcp.window) == body[:6]
    assert (tcp.urgptr, tcp.reserved) == (body.urgent, body.reserved)
    # What Scapy takes for another protocol's, by its port, it may write otherwise.
    assert tcp.original[tcp.dataofs * 4 :] == body.payload
    ours = {
        scapy_option(o) for o in body.options if isinstance(o, MaximumSegmentSize | WindowScale)
    }
    assert ours <= {(name, value) for name, value in tcp.options if name in ("MSS", "WScale")}


def scapy_icmp(message: Icmp) -> Packet:
    from scapy.layers.inet import ICMP
    from scapy.packet import Raw

    fields: dict[str, Any] = {}
    if message.type in (0, 8):
        fields = {"id": message.identifier, "seq": message.sequence}
    elif message.type == 12:
        fields = {"ptr": message.rest >> 24}
    elif (message.type, message.code) == (3, 4):
        fields = {"nexthopmtu": message.mtu}
    packet = ICMP(type=message.type, code=message.code, **fields)
    return packet / Raw(message.data) if message.data else packet


messages4 = st.one_of(
    st.builds(destination_unreachable, st.just(4), st.integers(0, 3), payload),
    st.builds(destination_unreachable, st.just(4), st.integers(5, 15), payload),
    st.builds(packet_too_big, st.just(4), u16, payload),
    st.builds(time_exceeded, st.just(4), st.integers(0, 1), payload),
    st.builds(parameter_problem, st.just(4), st.integers(0, 2), u8, payload),
    st.builds(echo_request, st.just(4), u16, u16, payload),
    st.builds(echo_reply, st.just(4), u16, u16, payload),
)


@examples
@given(src=address4, dst=address4, message=messages4)
def test_icmp_equals_scapy(src: str, dst: str, message: Icmp) -> None:
    from scapy.layers.inet import IP

    datagram = Datagram.between(src, dst, message)
    octets = bytes(IP(src=src, dst=dst, flags="DF", id=0) / scapy_icmp(message))
    assert build(datagram) == octets
    assert parse(octets) == datagram


def scapy_icmpv6(message: Icmp) -> Packet:
    from scapy.layers import inet6
    from scapy.packet import Raw

    data, code = message.data, message.code
    if message.type >= 128:
        layer = inet6.ICMPv6EchoRequest if message.type == 128 else inet6.ICMPv6EchoReply
        return layer(id=message.identifier, seq=message.sequence, data=data)
    packet: Packet
    match message.type:
        case 1:
            packet = inet6.ICMPv6DestUnreach(code=code)
        case 2:
            packet = inet6.ICMPv6PacketTooBig(mtu=message.mtu6)
        case 3:
            packet = inet6.ICMPv6TimeExceeded(code=code)
        case _:
            packet = inet6.ICMPv6ParamProblem(code=code, ptr=message.rest)
    return packet / Raw(data) if data else packet


messages6 = st.one_of(
    st.builds(destination_unreachable, st.just(6), st.integers(0, 6), payload),
    st.builds(packet_too_big, st.just(6), u32, payload),
    st.builds(time_exceeded, st.just(6), st.integers(0, 1), payload),
    st.builds(parameter_problem, st.just(6), st.integers(0, 2), u32, payload),
    st.builds(echo_request, st.just(6), u16, u16, payload),
    st.builds(echo_reply, st.just(6), u16, u16, payload),
)


@examples
@given(src=address6, dst=address6, message=messages6)
def test_icmpv6_equals_scapy(src: str, dst: str, message: Icmp) -> None:
    from scapy.layers.inet6 import IPv6 as ScapyIPv6

    datagram = Datagram.between(src, dst, message)
    octets = bytes(ScapyIPv6(src=src, dst=dst, hlim=64) / scapy_icmpv6(message))
    assert build(datagram) == octets
    assert parse(octets) == datagram
