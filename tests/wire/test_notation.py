"""One line an entry: golden lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core import events
from tcpassay.core.trace import Entry, Judgement
from tcpassay.wire import (
    NOP,
    Datagram,
    EndOfList,
    FastOpen,
    Icmp,
    IPv4,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
    build,
    destination_unreachable,
    packet_too_big,
    time_exceeded,
)
from tcpassay.wire.notation import Notation, lines

if TYPE_CHECKING:
    from tcpassay.core.trace import Kind
    from tests.wire.conftest import Wire

MSS = (MaximumSegmentSize(1460),)


def handshake(wire: Wire, **ports: int) -> None:
    there = {"sport": ports["port"]} if ports else {}
    back = {"dport": ports["port"]} if ports else {}
    wire.send("S", 1000, options=MSS, **there)
    wire.receive("SA", 99000, 1001, options=(*MSS, NOP, WindowScale(7)), **back)
    wire.send("A", 1001, 99001, **there)


def test_handshake_data_and_times(wire: Wire) -> None:
    handshake(wire)
    wire.now_ns = 10_000
    wire.send("PA", 1001, 99001, payload=b"x" * 100)
    wire.now_ns = 1_500_010_000
    wire.receive("A", 99001, 1101)
    wire.receive("FA", 99001, 1101)
    wire.send("R", 1101)
    assert lines(wire.trace) == [
        "+0 < S 0:0(0) win 65535 <mss 1460>",
        "+0 > S. 0:0(0) ack 1 win 64240 <mss 1460,nop,wscale 7>",
        "+0 < . 1:1(0) ack 1 win 65535",
        "+0.000010 < P. 1:101(100) ack 1 win 65535",
        "+1.500000 > . 1:1(0) ack 101 win 64240",
        "+0 > F. 1:1(0) ack 101 win 64240",
        "+0 < R 101:101(0) win 65535",
    ]


@pytest.mark.parametrize("last", [1, 2, 3, 7, 50])
def test_the_last_lines_alone(wire: Wire, last: int) -> None:
    """So many lines of the end; the same as when all are written."""
    handshake(wire)
    for n in range(20):
        wire.now_ns += 1000
        wire.send("PA", 1101 + n, 99001)
    assert Notation().lines(wire.trace, last) == Notation().lines(wire.trace)[-last:]


def test_options_flags_and_ecn(wire: Wire) -> None:
    options = (
        SackPermitted(),
        FastOpen(b"\x01\x02\x03\x04"),
        UnknownOption(253, b"\xab"),
        EndOfList(b"\x09"),
    )
    wire.send("SEC", 0xFFFFFFFF, options=(Timestamps(50, 0),))
    wire.receive("SAE", 7, 0, options=(Timestamps(900, 50),))
    wire.send("AU", 0, 8, urgent=3, options=(Timestamps(51, 901), Sack(((108, 208), (308, 408)))))
    wire.send("", 0, options=options)
    wire.send("A", 0, 8, options=(UnreadableOptions(b"\x05\x09\x01\x02"),))
    wire.note(
        "receive",
        build(Datagram(IPv4(wire.stack, wire.peer, tos=3), Segment(80, 5000, 8, 0, 0x10, 9))),
    )
    assert lines(wire.trace) == [
        "+0 < SEW 0:0(0) win 65535 <TS val 0 ecr 0>",
        "+0 > S.E 0:0(0) ack 1 win 64240 <TS val 0 ecr 0>",
        "+0 < .U 1:1(0) ack 1 win 65535 urg 3 <TS val 1 ecr 1,sack 101:201 301:401>",
        "+0 < - 1:1(0) win 65535 <sackOK,FO 01020304,kind 253 ab,eol 09000000>",
        "+0 < . 1:1(0) ack 1 win 65535 <unreadable 05090102>",
        "+0 > [ce] . 1:1(0) ack 1 win 9",
    ]


def test_a_reopened_tuple_and_a_second_connection_carry_tags(wire: Wire) -> None:
    handshake(wire)
    handshake(wire, port=5001)
    wire.send("S", 2000)
    wire.receive("SA", 50, 2001)
    wire.send("A", 2001, 51)
    assert [line.split("win")[0].strip() for line in lines(wire.trace)] == [
        "+0 < [1] S 0:0(0)",
        "+0 > [1] S. 0:0(0) ack 1",
        "+0 < [1] . 1:1(0) ack 1",
        "+0 < [2] S 0:0(0)",
        "+0 > [2] S. 0:0(0) ack 1",
        "+0 < [2] . 1:1(0) ack 1",
        "+0 < [1.2] S 0:0(0)",
        "+0 > [1.2] S. 0:0(0) ack 1",
        "+0 < [1.2] . 1:1(0) ack 1",
    ]


def test_a_blind_syn_reopens_nothing(wire: Wire) -> None:
    handshake(wire)
    wire.send("S", 6001)
    wire.receive("A", 99001, 1001)
    assert lines(wire.trace)[-2:] == [
        "+0 < S 5001:5001(0) win 65535",
        "+0 > . 1:1(0) ack 1 win 64240",
    ]


def test_icmp(wire: Wire) -> None:
    handshake(wire)
    data = wire.receive("A", 99001, 1001, payload=b"x" * 100).data
    assert isinstance(data, bytes)
    wire.send_icmp(destination_unreachable(4, 3, data[:28]))
    wire.send_icmp(packet_too_big(4, 1300, data[:60]))
    wire.send_icmp(time_exceeded(4, 0, b"short"))
    wire.send_icmp(Icmp(8, 0, 0x00010002))
    wire.send_icmp(Icmp(42, 7))
    six = Datagram.between("2001:db8::1", "2001:db8::2", packet_too_big(6, 1280, b""))
    wire.note("send", build(six))
    assert lines(wire.trace)[-6:] == [
        "+0 < icmp unreachable port_unreachable [seq 1]",
        "+0 < icmp unreachable frag_needed mtu 1300 [. 1:101(100) ack 1]",
        "+0 < icmp time_exceeded ttl_exceeded_in_transit [5 octets]",
        "+0 < icmp echo_request id 1 seq 2",
        "+0 < icmp type 42 code 7",
        "+0 < icmpv6 packet_too_big mtu 1280 [0 octets]",
    ]


def test_malformed_datagrams_say_what_is_wrong(wire: Wire) -> None:
    wire.note("send", b"E\n")
    wire.send("A", 5, 6, checksum=1, data_offset=2, reserved=1)
    wire.note("receive", build(Datagram(IPv4("192.0.2.2", "192.0.2.1", protocol=17), b"udp")))
    wire.note("receive", build(Datagram(IPv4("192.0.2.2", "192.0.2.1", flags=1), b"12345678")))
    assert lines(wire.trace) == [
        "+0 < malformed: IPv4 header at octet 0: wanted 20 octets, got 2",
        (
            "+0 < . 5:5(0) ack 6 win 65535  "
            "// wrong TCP checksum 0x0001, wrong TCP data offset 2, reserved bits 1"
        ),
        "+0 > protocol 17 (3 octets)",
        "+0 > fragment of protocol 6 (8 octets)",
    ]


def test_calls(wire: Wire) -> None:
    def call(number: int, name: str, *args: events.Tagged, process: int = 0) -> None:
        wire.note("call", events.Call(number, process, name, args), process)

    def returned(number: int, value: int, errno: str | None = None, *out: events.Tagged) -> None:
        wire.note("return", events.Returned(wire.now_ns, number, 0, value, errno, out))

    call(1, "socket", ("name", "AF_INET"), ("name", "SOCK_STREAM"))
    returned(1, 3)
    call(2, "bind", ("fd", 3), ("address", ("192.0.2.2", 80)))
    returned(2, -1, "EADDRINUSE")
    call(3, "accept", ("fd", 3))
    call(4, "send", ("fd", 4), ("octets", b"GET\r\n\x00"), ("flags", ("MSG_OOB", "MSG_MORE")))
    returned(4, 6)
    wire.now_ns = 20_000_000
    returned(3, 4, None, ("address", ("2001:db8::1", 5000)))
    call(5, "recv", ("fd", 4), ("length", 1000), ("flags", ()), process=2)
    wire.note("cancel", 5)
    returned(5, -1, "EINTR")
    call(6, "setsockopt", ("fd", 4), ("name", "SO_LINGER"), ("linger", (1, 0)))
    returned(6, 0)
    call(7, "poll", ("pollfds", ((4, ("POLLIN", "POLLOUT")),)), ("timeout", -1))
    returned(7, 1, None, ("pollfds", ((4, ("POLLIN",)),)))
    call(8, "getsockopt", ("fd", 4), ("name", "TCP_INFO"))
    returned(8, 0, None, ("state", {"rtt": 5}))
    call(9, "select", ("fds", (3, 4)))
    call(10, "getservbyname", ("text", "www"), ("text", None))
    returned(10, 1, None, ("state", {"s_name": "http"}), ("texts", ("www", "web")))
    assert lines(wire.trace) == [
        "+0 socket(AF_INET, SOCK_STREAM) = 3",
        "+0 bind(3, {192.0.2.2:80}) = -1 EADDRINUSE",
        "+0 accept(3, ...) ...",
        '+0 send(4, "GET\\x0d\\x0a\\x00", MSG_OOB|MSG_MORE) = 6',
        "+0.020000 ... accept = 4 {[2001:db8::1]:5000}",
        "+0 (process 2) recv(4, ..., 1000, 0) ...",
        "+0 cancel recv (call 5)",
        "+0 ... recv = -1 EINTR",
        "+0 setsockopt(4, SO_LINGER, {onoff=1, linger=0}) = 0",
        "+0 poll([{4, POLLIN|POLLOUT}], -1) = 1 [{4, POLLIN}]",
        "+0 getsockopt(4, TCP_INFO) = 0 {rtt=5}",
        "+0 select([3, 4]) ...",
        '+0 getservbyname("www", NULL) = 1 {s_name=http} [www, web]',
    ]


def test_judgements_are_relative_to_their_connection(wire: Wire) -> None:
    handshake(wire)
    ends = (wire.stack, 80, wire.peer, 5000)
    want: dict[str, object] = {
        "conn": ends,
        "any": [{"flags": "A", "seq": 99001, "ack": [1001, 1002]}, {"flags": "R", "payload": b"x"}],
        "within": 1.0,
    }
    wire.note("expect", Judgement("segment", want, True, "RFC9293:MUST-1"))
    wire.note("expect", Judgement("silence", {"conn": ends}, False, "", message="got a segment"))
    assert lines(wire.trace)[3:] == [
        (
            '+0 expect segment flags=A seq=1 ack=1..2 or flags=R payload="x" within=1.0: met'
            " [RFC9293:MUST-1]"
        ),
        "+0 expect silence: NOT MET, got a segment",
    ]


def test_states_are_relative_to_the_connection_asked_for(wire: Wire) -> None:
    handshake(wire)
    wire.note("read-state", events.ReadState((wire.stack, 80), (wire.peer, 5000)))
    numbers = {"snd.nxt": 99001, "rcv.nxt": 1001, "snd.wnd": 65535}
    wire.note("state", events.StateRead(0, "ESTABLISHED", numbers))
    assert lines(wire.trace)[-1] == "+0 state ESTABLISHED snd.nxt=1 snd.wnd=65535 rcv.nxt=1"


def test_a_return_is_expected_of_a_call_by_name(wire: Wire) -> None:
    wire.note("call", events.Call(1, 0, "close", (("fd", 3),)))
    want: dict[str, object] = {"call": 1, "value": 0, "errno": None}
    wire.note("expect", Judgement("return", want, True, ""))
    assert lines(wire.trace)[-1] == "+0 expect return call=close value=0: met"


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("advance", 1_500_000_000, "advance to 1.500000"),
        ("signal", events.Signalled(0, 2, "SIGPIPE"), "signal SIGPIPE to process 2"),
        ("exit", events.Exited(0, 2, -9), "exit of process 2 = -9"),
        ("log", "two\nlines \x1b[31m", "log: two\\nlines \\x1b[31m"),
        ("read-state", events.ReadState(("::1", 80), None), "read-state {[::1]:80}"),
        (
            "read-state",
            events.ReadState(("192.0.2.2", 80), ("192.0.2.1", 9)),
            "read-state {192.0.2.2:80} {192.0.2.1:9}",
        ),
        ("state", events.StateRead(0, "FIN-WAIT-1", {"snd.wnd": 5}), "state FIN-WAIT-1 snd.wnd=5"),
        ("read-stats", None, "read-stats"),
        ("stats", events.StatsRead(0, {"timers": 1}), "stats timers=1"),
        ("spawn", events.Spawn(2, 1, 65534), "spawn process 2 fork of 1 as user 65534"),
        ("kill", events.Kill(2), "kill process 2 SIGKILL"),
        ("measure", ("rto", 1.5), "measure rto = 1.5"),
        ("note", "hello", "note: hello"),
    ],
)
def test_everything_else(wire: Wire, kind: Kind, data: object, text: str) -> None:
    entry = wire.note(kind, data)
    assert Notation().line(entry) == f"+0 {text}"


def test_nonsense_makes_a_line_all_the_same() -> None:
    odd = [Entry(0, 5, "send", 0, None), Entry(1, 5, "call", 0, 3), Entry(2, 4, "expect", 0, "\n")]
    assert Notation().lines(odd) == [
        "+0.000000 send None (KeyError)",
        "+0 call 3",
        "-0.000000 expect '\\n'",
    ]
