"""IPv6: headers, addresses, sockets of both families, ICMPv6."""

from __future__ import annotations

from typing import Any

import pytest

from tcpref.addresses import from_text, to_text
from tcpref.assay import Assay, open_stack
from tcpref.checksum import checksum, remainder
from tcpref.ipv4 import parse_ipv4
from tcpref.ipv6 import PROTOCOL_ICMPV6, build_ipv6, parse_ipv6
from tcpref.segment import ACK, SYN, Segment, build_segment, parse_segment, pseudo_header

HERE, THERE = "2001:db8::1", "2001:db8::2"
HERE4, THERE4 = "192.0.2.1", "192.0.2.2"
PORT, PEER_PORT = 80, 4000
PADN = b"\x01\x04\0\0\0\0"


def packed(text: str) -> bytes:
    address = from_text(text)
    assert address is not None
    return address


class Dual:
    """A stack with an address of each IP version, and a peer of each."""

    def __init__(self) -> None:
        self.assay: Assay = open_stack({"seed": 3, "addresses": [HERE, HERE4]})
        self.sent: list[Segment] = []
        self.errors: list[bytes] = []
        self.returned: dict[int, tuple[int, str | None, dict[str, Any]]] = {}
        self.calls = 0

    def call(self, name: str, *args: tuple[str, object]) -> tuple[int, str | None, dict[str, Any]]:
        number = self.begin(name, *args)
        return self.returned[number]

    def begin(self, name: str, *args: tuple[str, object]) -> int:
        self.calls += 1
        self.assay.call(self.calls, 0, name, args, 0)
        self.collect()
        return self.calls

    def collect(self) -> None:
        for event in self.assay.take_output():
            if event[0] == "datagram":
                octets = event[1]
                assert isinstance(octets, bytes)
                packet = parse_ipv6(octets) or parse_ipv4(octets)
                assert packet is not None
                segment = parse_segment(packet.src, packet.dst, packet.payload)
                if packet.protocol == PROTOCOL_ICMPV6:
                    total = pseudo_header(packet.src, packet.dst, len(packet.payload), 58)
                    assert (remainder(packet.payload) + total) % 65535 == 0
                    self.errors.append(packet.payload)
                    continue
                assert segment is not None
                self.sent.append(segment)
            elif event[0] == "return":
                _, number, _, value, errno, out = event
                self.returned[number] = value, errno, dict(out)  # type: ignore[index,assignment,call-overload]

    def datagram(self, octets: bytes) -> None:
        self.assay.on_datagram(octets, 0)
        self.collect()

    def socket(self, family: str = "AF_INET6") -> int:
        made = ("name", family), ("flags", ("SOCK_STREAM",)), ("value", 0)
        return self.call("socket", *made)[0]

    def bind(self, fd: int, address: str, port: int = PORT) -> str | None:
        return self.call("bind", ("fd", fd), ("address", (address, port)))[1]

    def listen(self, address: str = "::", family: str = "AF_INET6", *, v6only: bool = False) -> int:
        fd = self.socket(family)
        if v6only:
            assert self.v6only(fd) is None
        assert self.bind(fd, address) is None
        assert self.call("listen", ("fd", fd), ("length", 5))[1] is None
        return fd

    def v6only(self, fd: int) -> str | None:
        names = ("name", "IPPROTO_IPV6"), ("name", "IPV6_V6ONLY")
        return self.call("setsockopt", ("fd", fd), *names, ("value", 1))[1]

    def peer(self, flags: int, *, v4: bool = False, seq: int = 100, ack: int = 0) -> None:
        self.datagram(segment_from_peer(flags, v4=v4, seq=seq, ack=ack))

    def open(self, *, v4: bool = False) -> Segment | None:
        """A handshake of the peer's; the SYN,ACK, or None without an answer."""
        self.peer(SYN, v4=v4)
        answer = self.sent.pop()
        if answer.flags == SYN | ACK:
            self.peer(ACK, v4=v4, seq=101, ack=(answer.seq + 1) % 2**32)
            return answer
        return None


def segment_from_peer(flags: int, *, v4: bool = False, seq: int = 100, ack: int = 0) -> bytes:
    """A segment of the peer's in a datagram of either version."""
    here, there = (HERE4, THERE4) if v4 else (HERE, THERE)
    return build_segment(
        packed(there), packed(here), PEER_PORT, PORT, seq=seq, ack=ack, flags=flags, wnd=1000
    )


def behind(*headers: tuple[int, bytes]) -> bytes:
    """The peer's SYN behind extension headers, each (its kind, its octets but the first)."""
    tcp = segment_from_peer(SYN)[40:]
    kinds = [kind for kind, _ in headers] + [6]
    chain = b"".join(bytes((kinds[i + 1],)) + rest for i, (_, rest) in enumerate(headers))
    return build_ipv6(packed(THERE), packed(HERE), kinds[0], chain + tcp)


@pytest.fixture
def dual() -> Dual:
    return Dual()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2001:DB8:0:0:0::1", "2001:db8::1"),
        ("::", "::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_text(text: str, canonical: str) -> None:
    assert to_text(packed(text)) == canonical


@pytest.mark.parametrize("text", ["", ":", "1::2::3", "fe80::1%eth0", "192.0.2", "::\0"])
def test_no_address(text: str) -> None:
    assert from_text(text) is None


@pytest.mark.parametrize(
    "headers",
    [
        ((0, b"\0" + PADN),),
        ((60, b"\0" + PADN),),
        ((60, b"\0" + bytes(6)),),
        ((43, b"\0\x04\0" + bytes(4)),),
        ((44, bytes(7)),),
        ((0, b"\0" + PADN), (43, b"\0\0\0" + bytes(4)), (44, bytes(7)), (60, b"\0" + PADN)),
        ((60, b"\0\x1e\x04" + bytes(4)),),
    ],
)
def test_extension_headers_are_stepped_over(
    dual: Dual, headers: tuple[tuple[int, bytes], ...]
) -> None:
    dual.listen()
    dual.datagram(behind(*headers))
    assert [segment.flags for segment in dual.sent] == [SYN | ACK]


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        (((60, b"\0" + PADN), (0, b"\0" + PADN)), (4, 1, 40)),
        (((43, b"\0\x04\x01" + bytes(4)),), (4, 0, 42)),
        (((60, b"\0" + PADN), (43, b"\0\x04\x01" + bytes(4))), (4, 0, 50)),
        (((60, b"\0\x5e\x04" + bytes(4)),), None),
        (((60, b"\0\x9e\x04" + bytes(4)),), (4, 2, 42)),
        (((0, b"\0\0\xde\x03" + bytes(3)),), (4, 2, 43)),
        (((60, b"\0\x1e\x05" + bytes(4)),), None),
        (((60, b"\xff" + PADN),), None),
        (((59, b"\0" + PADN),), None),
        (((51, b"\0" + PADN),), (4, 1, 6)),
    ],
)
def test_what_may_not_be_passed_is_dropped(
    dual: Dual, headers: tuple[tuple[int, bytes], ...], error: tuple[int, int, int] | None
) -> None:
    dual.listen()
    datagram = behind(*headers)
    dual.datagram(datagram)
    assert dual.sent == []
    told = [(m[0], m[1], int.from_bytes(m[4:8], "big")) for m in dual.errors]
    assert told == ([] if error is None else [error])
    assert all(message[8:] == datagram for message in dual.errors)


def test_padding_is_cut_and_a_short_datagram_dropped(dual: Dual) -> None:
    dual.listen()
    syn = segment_from_peer(SYN)
    dual.datagram(syn[:-1])
    assert dual.sent == []
    dual.datagram(syn + bytes(6))
    assert len(dual.sent) == 1


@pytest.mark.parametrize("source", ["::", "::1", "ff02::1", HERE])
def test_impossible_source_is_ignored(dual: Dual, source: str) -> None:
    dual.listen()
    ports = PEER_PORT, PORT
    dual.datagram(build_segment(packed(source), packed(HERE), *ports, seq=1, ack=0, flags=2, wnd=9))
    assert dual.sent == []


def test_dual_listener_takes_both_versions(dual: Dual) -> None:
    fd = dual.listen()
    seen = []
    for v4 in (False, True):
        assert dual.open(v4=v4) is not None
        made, _, out = dual.call("accept", ("fd", fd))
        name = dual.call("getsockname", ("fd", made))[2]
        seen.append((out["address"], name["address"], name["length"]))
    assert seen == [
        ((THERE, PEER_PORT), (HERE, PORT), 28),
        ((f"::ffff:{THERE4}", PEER_PORT), (f"::ffff:{HERE4}", PORT), 28),
    ]


def test_v6only_listener_leaves_ipv4_to_another(dual: Dual) -> None:
    dual.listen(v6only=True)
    assert dual.open(v4=True) is None
    dual.listen("0.0.0.0", "AF_INET")  # noqa: S104 - the wildcard as an argument
    assert dual.open(v4=True) is not None
    assert dual.open() is not None


def test_dual_wildcard_covers_ipv4(dual: Dual) -> None:
    dual.listen()
    fd = dual.socket("AF_INET")
    assert dual.bind(fd, "0.0.0.0") == "EADDRINUSE"  # noqa: S104 - the wildcard as an argument
    assert dual.bind(fd, HERE4) == "EADDRINUSE"


def test_v6only_is_fixed_once_bound_and_absent_from_ipv4(dual: Dual) -> None:
    fd = dual.socket()
    assert dual.bind(fd, "::") is None
    assert dual.v6only(fd) == "EINVAL"
    assert dual.v6only(dual.socket("AF_INET")) == "ENOPROTOOPT"


@pytest.mark.parametrize(
    ("family", "v6only", "address", "errno"),
    [
        ("AF_INET6", True, f"::ffff:{HERE4}", "EADDRNOTAVAIL"),
        ("AF_INET6", False, f"::ffff:{HERE4}", None),
        ("AF_INET6", False, HERE4, "EAFNOSUPPORT"),
        ("AF_INET", False, HERE, "EAFNOSUPPORT"),
        ("AF_INET6", False, "2001:db8::77", "EADDRNOTAVAIL"),
    ],
)
def test_bind(dual: Dual, family: str, v6only: bool, address: str, errno: str | None) -> None:
    fd = dual.socket(family)
    if v6only:
        dual.v6only(fd)
    assert dual.bind(fd, address) == errno


@pytest.mark.parametrize(
    ("local", "remote", "errno"),
    [
        ("::", "::1", "ENETUNREACH"),
        ("::", "ff02::1", "ENETUNREACH"),
        ("::", HERE, "ENETUNREACH"),
        (HERE, f"::ffff:{THERE4}", "ENETUNREACH"),
        ("::", THERE4, "EAFNOSUPPORT"),
    ],
)
def test_connect_is_refused(dual: Dual, local: str, remote: str, errno: str) -> None:
    fd = dual.socket()
    dual.bind(fd, local)
    assert dual.call("connect", ("fd", fd), ("address", (remote, PEER_PORT)))[1] == errno


def test_connect_to_a_mapped_address_goes_over_ipv4(dual: Dual) -> None:
    fd = dual.socket()
    dual.begin("connect", ("fd", fd), ("address", (f"::ffff:{THERE4}", PEER_PORT)))
    (syn,) = dual.sent
    assert (syn.src, syn.dst, syn.options.mss) == (packed(HERE4), packed(THERE4), 1460)


def test_segment_sizes(dual: Dual) -> None:
    dual.listen()
    answer = dual.open()
    assert answer is not None
    assert answer.options.mss == 1440
    (tcb,) = dual.assay.stack.connections.values()
    assert tcb.snd_mss == 1220


def icmp(dual: Dual, kind: int, code: int, *, damage: int = 0) -> None:
    """An ICMPv6 error about the SYN in flight."""
    (tcb,) = dual.assay.stack.connections.values()
    local, local_port, remote, remote_port = tcb.key
    quoted = build_segment(
        local, remote, local_port, remote_port, seq=tcb.snd_una, ack=0, flags=2, wnd=0
    )
    rest = bytes(4) + quoted
    total = remainder(bytes((kind, code, 0, 0)) + rest)
    total += pseudo_header(remote, local, len(rest) + 4, PROTOCOL_ICMPV6)
    message = bytes((kind, code)) + (checksum(total) ^ damage).to_bytes(2, "big") + rest
    dual.datagram(build_ipv6(remote, local, PROTOCOL_ICMPV6, message))


def connecting(dual: Dual) -> int:
    return dual.begin("connect", ("fd", dual.socket()), ("address", (THERE, PEER_PORT)))


@pytest.mark.parametrize(("code", "errno"), [(1, "EACCES"), (4, "ECONNREFUSED")])
def test_hard_error_ends_an_open(dual: Dual, code: int, errno: str) -> None:
    call = connecting(dual)
    icmp(dual, 1, code, damage=1)
    assert call not in dual.returned
    icmp(dual, 1, code)
    assert dual.returned[call][1] == errno


@pytest.mark.parametrize(
    ("kind", "code", "errno"),
    [
        (1, 0, "ENETUNREACH"),
        (1, 3, "EHOSTUNREACH"),
        (3, 0, "EHOSTUNREACH"),
        (4, 1, "EPROTO"),
        (2, 0, None),
    ],
)
def test_soft_error_is_kept(dual: Dual, kind: int, code: int, errno: str | None) -> None:
    call = connecting(dual)
    icmp(dual, kind, code)
    (tcb,) = dual.assay.stack.connections.values()
    assert (call in dual.returned, tcb.soft_error) == (False, errno)
