"""Trace files: there and back, on the recorded stack and on another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tcpassay.core import events
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import FieldDiff, Judgement
from tcpassay.wire import (
    NOP,
    Datagram,
    IPv4,
    MaximumSegmentSize,
    Sack,
    Segment,
    Timestamps,
    UnreadableOptions,
    build,
    destination_unreachable,
    packet_too_big,
    parse,
)
from tcpassay.wire.connections import Conn, Number
from tcpassay.wire.tracefile import Binder, TraceFile, dump, dumps, load, loads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcpassay.core.trace import Entry
    from tests.wire.conftest import Wire

STAMPS = (NOP, NOP)
ANY = "0.0.0.0"  # noqa: S104 - an address told, not bound


def a_long_story(wire: Wire) -> None:
    """Two connections, a tuple opened again, ICMP, a malformed segment, calls, expectations."""
    wire.send("S", 1000, options=(MaximumSegmentSize(1460), *STAMPS, Timestamps(70, 0)))
    wire.receive("SA", 99000, 1001, options=(*STAMPS, Timestamps(8000, 70)))
    wire.send("A", 1001, 99001, options=(*STAMPS, Timestamps(71, 8000)))
    wire.send("S", 500, sport=5001)
    wire.receive("SA", 4_294_967_295, 501, dport=5001)
    wire.send("A", 501, 0, sport=5001)
    data = wire.receive("PA", 99001, 1001, payload=b"hello").data
    assert isinstance(data, bytes)
    wire.send_icmp(packet_too_big(4, 1300, data[:28]))
    made_up = Segment(80, 5000, 99_003, 1001, 0x10, 1, payload=b"?" * 9)
    quoted = build(Datagram.between(wire.stack, wire.peer, made_up))
    wire.send_icmp(destination_unreachable(4, 3, quoted))
    wire.send("A", 1001, 99006, options=(*STAMPS, Sack(((99010, 99020),))))
    wire.send("A", 1001, 99006, checksum=0xBEEF, data_offset=15)
    wire.send("A", 1001, 99006, data_offset=3, options=(UnreadableOptions(b"\x02\x09ab"),))
    wire.now_ns = 30
    ends = (wire.stack, 80, wire.peer, 5000)
    want: dict[str, object] = {
        "conn": ends,
        "any": [{"flags": "A", "seq": 99006, "ack": [1001, 1002], "payload": b""}],
        "list": [1, (2, 3)],
    }
    diff = (FieldDiff("seq", "1", "2"),)
    wire.note("expect", Judgement("segment", want, False, "RFC9293:MUST-1", 6, "no", diff))
    wire.note("read-state", events.ReadState((wire.stack, 80), (wire.peer, 5000)))
    numbers = {"snd.nxt": 99006, "rcv.nxt": 1001, "snd.wnd": 5}
    wire.note("state", events.StateRead(30, "ESTABLISHED", numbers))
    wire.send("S", 77_000)
    wire.receive("SA", 5, 77_001)
    wire.send("A", 77_001, 6)
    wire.note("send", b"garbage")
    wire.note("send", build(Datagram(IPv4(wire.peer, wire.stack, flags=1), b"fragment")))


def other_entries(wire: Wire) -> None:
    """One entry of each kind that is no datagram."""
    args = (("fd", 3), ("octets", b"\0\xff"), ("flags", ("MSG_PEEK",)), ("linger", (1, 2)))
    wire.note("call", events.Call(1, 0, "send", args))
    state: dict[str, int | str] = {"a": 1}
    wire.note("return", events.Returned(0, 1, 0, 2, None, (("state", state),)))
    wire.note("cancel", 1)
    wire.note("advance", 5_000)
    wire.note("signal", events.Signalled(1, 2, "SIGPIPE"))
    wire.note("exit", events.Exited(1, 2, -9))
    wire.note("log", "a line\n")
    wire.note("read-stats", None)
    wire.note("stats", events.StatsRead(1, {"timers": 2}))
    wire.note("spawn", events.Spawn(2, 1, None), 2)
    wire.note("kill", events.Kill(2))
    wire.note("measure", ("rto", 1.5))
    wire.note("note", "text")
    wire.note("expect", Judgement("value", {"hex": 1, "x": "y"}, True, ""))


@pytest.mark.parametrize("write", [a_long_story, other_entries])
def test_a_trace_comes_back_whole(wire: Wire, write: Callable[[Wire], None]) -> None:
    write(wire)
    file = loads(dumps(wire.trace, {"verdict": "fail", "judged": {"a": ["b"]}}))
    assert list(file.trace) == list(wire.trace)
    assert (file.case, file.target, file.seed, file.ip) == ("a/case", "reference", 7, 4)
    assert file.trace.stack_addresses == (wire.stack,)
    assert file.info == {"verdict": "fail", "judged": {"a": ["b"]}}


def test_a_file_on_disk(wire: Wire, tmp_path: Path) -> None:
    a_long_story(wire)
    path = tmp_path / "trace.json"
    dump(wire.trace, path)
    assert list(load(path).trace) == list(wire.trace)
    assert json.loads(path.read_bytes())["schema"] == 1


def test_a_zero_that_counts_from_nothing_stays(wire: Wire) -> None:
    wire.send("S", 1000, options=(Timestamps(70, 0),))
    wire.receive("SA", 99000, 1001)
    wire.receive("RA", 0, 1001)
    reset = form(loads(dumps(wire.trace)), 2)["tcp"]
    assert isinstance(reset, dict)
    assert (reset["seq"], reset["ack"]) == (Number("absolute", 0), Number("peer.iss", 1))


def test_numbers_count_from_the_bases_of_their_incarnation(wire: Wire) -> None:
    a_long_story(wire)
    file = loads(dumps(wire.trace))
    first, second, third = (
        Conn(wire.stack, 80, wire.peer, port, incarnation)
        for port, incarnation in ((5000, 1), (5001, 1), (5000, 2))
    )
    assert file.bases == {
        first: {"peer.iss": 1000, "peer.ts0": 70, "stack.iss": 99000, "stack.ts0": 8000},
        second: {"peer.iss": 500, "stack.iss": 4_294_967_295},
        third: {"peer.iss": 77_000, "stack.iss": 5},
    }
    tcp = form(file, 5)["tcp"]
    assert isinstance(tcp, dict)
    assert (tcp["seq"], tcp["ack"]) == (Number("peer.iss", 1), Number("stack.iss", 1))
    assert [event.conn for event in file.events[15:18]] == [third] * 3
    assert form(file, 7)["icmp"] == {
        "type": 3,
        "code": 4,
        "rest": 1300,
        "quote": {"event": 6, "octets": 28},
    }
    assert form(file, 10)["patches"] == ((32, b"\xf0"),)
    assert "patches" not in form(file, 9)


def form(file: TraceFile, n: int) -> dict[str, object]:
    data = file.events[n].data
    assert isinstance(data, dict)
    return data


def moved(entry: Entry, seq: int = 0, tsval: int = 0, sport: int | None = None) -> bytes:
    """What another stack would have sent in place of a recorded datagram."""
    assert isinstance(entry.data, bytes)
    datagram = parse(entry.data)
    body = datagram.body
    assert isinstance(body, Segment)
    options = tuple(
        Timestamps(o.tsval + tsval, o.tsecr) if isinstance(o, Timestamps) else o
        for o in body.options
    )
    body = body._replace(seq=body.seq + seq, options=options, sport=sport or body.sport)
    return build(datagram._replace(body=body))


def segment(octets: object) -> Segment:
    assert isinstance(octets, bytes)
    body = parse(octets).body
    assert isinstance(body, Segment)
    return body


def test_on_another_stack_its_numbers_take_their_place(wire: Wire) -> None:
    a_long_story(wire)
    file = loads(dumps(wire.trace))
    binder = Binder(file)
    shift = {1: 1_000_000, 4: 11, 6: 1_000_000, 16: 222}
    given: dict[int, object] = {}
    for event, entry in zip(file.events, wire.trace, strict=True):
        if event.kind == "receive":
            binder.received(moved(entry, shift[event.n], tsval=3 if event.n < 3 else 0))
        else:
            given[event.n] = binder.data(event)
    assert segment(given[2]).ack == 1_099_001
    assert segment(given[2]).options[-1] == Timestamps(71, 8003)
    assert segment(given[9]).options[-1] == Sack(((1_099_010, 1_099_020),))
    assert segment(given[17]).ack == 228
    assert segment(given[0]) == segment(wire.trace.entries[0].data)
    assert [segment(given[n]).checksum for n in (2, 9, 17)] == [None] * 3
    assert segment(given[10]).checksum is not None
    assert segment(given[11]).checksum is None
    assert segment(given[11]).data_offset == 3
    judgement = given[12]
    assert isinstance(judgement, Judgement)
    assert judgement.want["any"] == [
        {"flags": "A", "seq": 1_099_006, "ack": [1001, 1002], "payload": b""}
    ]
    assert judgement.want["conn"] == (wire.stack, 80, wire.peer, 5000)


def test_quotes_follow_the_stack(wire: Wire) -> None:
    a_long_story(wire)
    file = loads(dumps(wire.trace))
    binder = Binder(file)
    binder.concrete(file.events[0])
    binder.received(moved(wire.trace.entries[1], 1_000_000))
    for n, seq in ((7, 1_099_001), (8, 1_099_003)):
        body = parse(binder.concrete(file.events[n]), strict=True).body
        assert not isinstance(body, bytes | Segment)
        assert int.from_bytes(body.data[24:28], "big") == seq


def active_open(wire: Wire) -> None:
    connect = (("fd", 3), ("address", (wire.peer, 5000)))
    wire.note("call", events.Call(1, 0, "connect", connect))
    wire.receive("S", 300, sport=40_000)
    wire.send("SA", 1000, 301, dport=40_000)
    wire.note("read-state", events.ReadState((wire.stack, 40_000), (wire.peer, 5000)))
    want: dict[str, object] = {"conn": (wire.stack, 40_000, wire.peer, 5000), "seq": 301}
    wire.note("expect", Judgement("segment", want, True, ""))


def test_ports_that_the_stack_chose_are_learned(wire: Wire) -> None:
    active_open(wire)
    octets = dumps(wire.trace)
    assert json.loads(octets)["events"][2]["data"]["tcp"]["dport"] == {
        "base": "port(0)",
        "offset": 0,
    }
    file = loads(octets)
    assert list(file.trace) == list(wire.trace)
    binder = Binder(file)
    binder.received(moved(wire.trace.entries[1], 50, sport=51_111))
    answer = segment(binder.concrete(file.events[2]))
    assert (answer.dport, answer.ack, answer.checksum) == (51_111, 351, None)
    assert binder.data(file.events[3]) == events.ReadState((wire.stack, 51_111), (wire.peer, 5000))
    judgement = binder.data(file.events[4])
    assert isinstance(judgement, Judgement)
    assert judgement.want == {"conn": (wire.stack, 51_111, wire.peer, 5000), "seq": 351}


def test_a_port_bound_by_name_is_no_choice(wire: Wire) -> None:
    bound = (("fd", 3), ("address", (wire.stack, 40_000)))
    wire.note("call", events.Call(1, 0, "bind", bound))
    active_open(wire)
    assert loads(dumps(wire.trace)).ports == ()


def test_a_port_told_by_getsockname_is_learned(wire: Wire) -> None:
    wire.note("call", events.Call(1, 0, "getsockname", (("fd", 3),)))
    out = (("address", (ANY, 41_000)),)
    wire.note("return", events.Returned(0, 1, 0, 0, None, out))
    wire.send("S", 1, dport=41_000)
    file = loads(dumps(wire.trace))
    binder = Binder(file)
    new = events.Returned(0, 1, 0, 0, None, (("address", (ANY, 42_000)),))
    binder.returned(file.events[1], new)
    assert segment(binder.concrete(file.events[2])).dport == 42_000


def broken(change: Callable[[dict[str, object]], object], wire: Wire) -> bytes:
    a_long_story(wire)
    head = json.loads(dumps(wire.trace))
    change(head)
    return json.dumps(head).encode()


def event_of(head: dict[str, object], n: int) -> dict[str, object]:
    listed = head["events"]
    assert isinstance(listed, list)
    found = listed[n]
    assert isinstance(found, dict)
    return found


CALL = {"id": 1, "process": 0, "name": "socket", "args": {"tuple": []}}


def put(head: dict[str, object], kind: str, data: object) -> None:
    """Something else in the place of event 0."""
    event_of(head, 0).update(kind=kind, data=data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda head: head.update(schema=2), "trace version 2; this tcpassay reads version 1"),
        (lambda head: head.pop("schema"), "not a trace file"),
        (lambda head: head.pop("seed"), "the head of the trace: 'seed' is missing"),
        (lambda head: event_of(head, 3).update(kind="guess"), "event 3: unknown kind 'guess'"),
        (lambda head: event_of(head, 3).pop("data"), "event 3: 'data' is missing"),
        (lambda head: event_of(head, 2).update(t_ns="now"), "event 2: wanted a whole number"),
        (lambda head: event_of(head, 2).update(t_ns=-1), "event 2: t_ns is -1; wanted 0 to 9"),
        (lambda head: event_of(head, 2).update(t_ns=1 << 63), "event 2: t_ns is 92233"),
        (lambda head: event_of(head, 2).update(octets="00"), "event 2: its fields do not give"),
        (lambda head: event_of(head, 2).update(data={"ipv4": 3}), "event 2: wanted named values"),
        (lambda head: event_of(head, 12).update(data={"what": "x"}), "event 12: "),
        (lambda head: put(head, "call", {**CALL, "id": {}}), "event 0: id cannot be {}"),
        (lambda head: put(head, "call", {**CALL, "name": 5}), "event 0: name cannot be 5"),
        (lambda head: put(head, "call", {**CALL, "args": 5}), "event 0: args cannot be 5"),
        (lambda head: put(head, "log", 1), "event 0: log cannot be 1"),
        (lambda head: put(head, "cancel", "1"), "event 0: cancel cannot be '1'"),
        (lambda head: put(head, "advance", 10**400), "event 0: advance is 1000"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(
    change: Callable[[dict[str, object]], object], message: str, wire: Wire
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loads(broken(change, wire), "some/file.json")
    assert str(caught.value).startswith(f"some/file.json: {message}")
    assert "\n" not in str(caught.value)


def test_a_truncated_file_is_refused_wherever_it_ends(wire: Wire, tmp_path: Path) -> None:
    a_long_story(wire)
    octets = dumps(wire.trace)
    path = tmp_path / "cut.json"
    for end in (0, 1, 100, len(octets) // 2, len(octets) - 3):
        path.write_bytes(octets[:end])
        with pytest.raises(ConfigurationError, match=r"cut\.json: line \d+ column \d+: not JSON"):
            load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(path)
    for octets in (b"\xff\xfe", b"[1]", b"3", b"[" * 100_000):
        path.write_bytes(octets)
        with pytest.raises(ConfigurationError, match=r"not a trace file|not JSON"):
            load(path)
