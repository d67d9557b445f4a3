"""Agent protocol version 1: frames and messages, there and back, and every way to be bad."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.core.errors import AgentFault
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Command,
    Datagram,
    Exited,
    Idle,
    Kill,
    Logged,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    Signalled,
    Spawn,
    StackEvent,
    StartCall,
    StateRead,
    StatsRead,
    Tagged,
)
from tcpassay.targets import messages
from tcpassay.targets.protocol import MAX_LENGTH, Decoder, Frame, ProtocolError, Type, encode

if TYPE_CHECKING:
    from collections.abc import Callable

ARGS: tuple[Tagged, ...] = (
    ("fd", 3),
    ("fds", (3, 4)),
    ("pollfds", ((3, ("POLLIN", "POLLOUT")), (4, ()))),
    ("address", ("192.0.2.1", 80)),
    ("flags", ("MSG_PEEK",)),
    ("name", "AF_INET"),
    ("text", "web"),
    ("text", None),
    ("texts", ("www", "web")),
    ("octets", bytes(range(256))),
    ("length", 0),
    ("value", -1),
    ("linger", (1, 5)),
    ("timeout", -1),
    ("state", {"state": "ESTABLISHED", "snd.una": 1}),
)
COMMANDS: list[Command] = [
    Datagram(b"\x45\x00"),
    Datagram(b""),
    StartCall(Call(7, 3, "send", ARGS)),
    Cancel(7),
    Advance(10**15),
    ReadState(("192.0.2.1", 80), ("192.0.2.2", 9)),
    ReadState(("2001:db8::1", 80), None),
    ReadStats(),
    Spawn(2),
    Spawn(3, 2, 65534),
    Kill(3, "SIGTERM"),
]
EVENTS: list[StackEvent] = [
    Sent(9, b"\x60\x00"),
    Returned(9, 7, 3, 4, None, ARGS),
    Returned(9, 8, 1, -1, "ECONNRESET"),
    Signalled(9, 1, "SIGPIPE"),
    Exited(9, 2, -9),
    Logged(9, "Grüße\n"),
    StateRead(9, "FIN-WAIT-1", {"snd.una": 5}),
    StatsRead(9, {}),
]


def one(octets: bytes) -> Frame:
    (frame,) = Decoder().feed(octets)
    return frame


def test_frame_layout() -> None:
    """A KILL and a DATAGRAM; octet for octet as docs/targets.md has them."""
    octets = messages.command_frame(Kill(3, "SIGKILL"), 258)
    assert octets.hex() == "0000001b09000001020003" + b'{"signal":"SIGKILL"}'.hex()
    assert encode(Type.DATAGRAM, 1, 0, b"\x45").hex() == "000000080200000001000045"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_commands_survive_the_way(command: Command) -> None:
    """A command to octets and back; equal."""
    assert messages.read_command(one(messages.command_frame(command, 5))) == command


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_survive_the_way(event: StackEvent) -> None:
    """An event to octets and back, its time given beside it; equal."""
    assert messages.read_event(one(messages.event_frame(event, 5)), 9) == event


@pytest.mark.parametrize("idle", [Idle(1, None, ()), Idle(2, 3, (1, 2)), Idle(0, 0, (7,))])
def test_idle_survives_the_way(idle: Idle) -> None:
    """Idle to octets and back; equal."""
    assert messages.read_idle(one(messages.idle_frame(idle, 5))) == idle


NUMBERS = st.one_of(st.integers(-(1 << 70), 1 << 70), st.sampled_from([0, -1, 10**18 - 1, 10**18]))


@given(call=NUMBERS, value=NUMBERS, errno=st.none() | st.from_regex(r"[A-Z0-9-]{0,41}\Z"))
def test_return_reads_the_same_however_it_is_written(
    call: int, value: int, errno: str | None
) -> None:
    """A return as most agents write it, and with a space in it; one meaning, or refused twice."""
    body = json.dumps(
        {"id": call, "value": value, "errno": errno, "out": []}, separators=(",", ":")
    )
    assert read(messages.read_event, Type.RETURN, body, 9) == read(
        messages.read_event, Type.RETURN, body.replace(",", ", "), 9
    )


@given(now=NUMBERS, due=st.none() | NUMBERS)
def test_idle_reads_the_same_however_it_is_written(now: int, due: int | None) -> None:
    """An idle as most agents write it, and with a space in it; one meaning, or refused twice."""
    body = json.dumps(
        {"now_ns": now, "next_deadline_ns": due, "blocked": []}, separators=(",", ":")
    )
    assert read(messages.read_idle, Type.IDLE, body) == read(
        messages.read_idle, Type.IDLE, body.replace(",", ", ")
    )


@pytest.mark.parametrize("number", ["007", "--1", "+1", "1.0", "-", ""])
def test_numbers_that_json_has_not(number: str) -> None:
    """Digits that are no number, or no whole one; refused as before."""
    for body in (
        '{"now_ns":%s,"next_deadline_ns":null,"blocked":[]}',
        '{"now_ns":1,"next_deadline_ns":%s,"blocked":[]}',
    ):
        with pytest.raises(ProtocolError):
            messages.read_idle(Frame(Type.IDLE, 1, 0, (body % number).encode()))


@pytest.mark.parametrize("value", [True, 'a"b', "é", "", "two words", "AF_INET", "0", 1 << 80, -5])
def test_arguments_are_json(value: object) -> None:
    """Whatever an argument holds; its frame's body is the JSON that the library writes."""
    call = Call(7, 0, "odd name", (("name", value), ("value", value), ("fd", 3)))
    body = messages.command_frame(StartCall(call), 1)[11:]
    expected = {"id": 7, "name": "odd name", "args": [["name", value], ["value", value], ["fd", 3]]}
    assert json.loads(body) == expected
    assert body == json.dumps(expected, separators=(",", ":")).encode()


def read(reader: Callable[..., object], kind: Type, body: str, *args: int) -> object:
    """What a body means, or that it is refused."""
    try:
        return reader(Frame(kind, 1, 2, body.encode()), *args)
    except ProtocolError:
        return "refused"


def test_greetings_survive_the_way() -> None:
    """HELLO and START to octets and back; equal."""
    hello = messages.Hello(1, "mine", "1.0", "virtual", ("sack",), ("send",))
    assert messages.read_hello(one(messages.hello_frame(hello))) == hello
    start = messages.Start(2**64 - 1, 4, ("192.0.2.1",), "192.0.2.2", 24, {"a": 1}, True)
    assert messages.read_start(one(messages.start_frame(start))) == start


@given(
    frames=st.lists(
        st.tuples(
            st.sampled_from(list(Type)),
            st.integers(0, 2**32 - 1),
            st.integers(0, 65535),
            st.binary(max_size=60),
        ),
        max_size=8,
    ),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_frames_in_any_pieces(frames: list[tuple[Type, int, int, bytes]], cuts: list[int]) -> None:
    """Frames cut anywhere; the same frames come out, and nothing is left."""
    octets = b"".join(encode(*frame) for frame in frames)
    decoder = Decoder()
    found: list[Frame] = []
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    for left, right in pairwise(places):
        found += decoder.feed(octets[left:right])
    assert found == frames
    assert decoder.pending == 0


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (bytes.fromhex("00000006 02 00000001 0000"), "frame length 6, wanted 7 to"),
        (bytes.fromhex("7fffffff 02 00000001 0000"), "frame length 2147483647"),
        (b"HTTP/1.1 400 Bad Request", "frame length 1213486160"),
        (bytes.fromhex("00000007 7f 00000001 0000"), "frame type 0x7f"),
    ],
)
def test_bad_frames(octets: bytes, message: str) -> None:
    """Lengths and types that cannot be; refused without waiting for more."""
    with pytest.raises(ProtocolError, match=message):
        Decoder().feed(octets)


def test_frames_before_a_bad_one() -> None:
    """Two frames and nonsense in one piece; the two come out, and then it is refused, and again."""
    decoder = Decoder()
    good = encode(Type.SENT, 1, 0, b"a") + encode(Type.IDLE, 1, 0, b"{}")
    assert [frame.type for frame in decoder.feed(good + b"HTTP/1.1 400 Bad")] == [0x82, 0x8A]
    for ask in (decoder.check, lambda: decoder.feed(good)):
        with pytest.raises(ProtocolError, match="frame length 1213486160"):
            ask()


def test_frame_that_is_too_long_is_not_sent() -> None:
    """A body beyond the limit; refused by the sender."""
    with pytest.raises(ProtocolError, match="wanted at most"):
        encode(Type.DATAGRAM, 1, 0, bytes(MAX_LENGTH))


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (Type.RETURN, b"", "RETURN of step 5: body is not JSON"),
        (Type.RETURN, b"\xff", "body is not JSON"),
        (Type.RETURN, b"[1]", r"body is \[1\], wanted an object"),
        (Type.RETURN, b'{"id":1}', "'value' is missing"),
        (Type.RETURN, b'{"id":true,"value":0}', "'id' is True, wanted a whole number"),
        (Type.RETURN, b'{"id":1,"value":1.5}', "'value' is 1.5, wanted a whole number"),
        (Type.RETURN, b'{"id":1,"value":0,"errno":5}', "'errno' is 5, wanted a string"),
        (Type.RETURN, b'{"id":1,"value":0,"out":1}', r"wanted an array of \[tag, value\]"),
        (Type.RETURN, b'{"id":1,"value":0,"out":[["fd"]]}', r"wanted \[tag, value\]"),
        (Type.RETURN, b'{"id":1,"value":0,"out":[["f",1]]}', "tag 'f', which version 1 lacks"),
        (Type.RETURN, b'{"id":1,"value":0,"out":[["octets","xyz"]]}', "hexadecimal text"),
        (Type.RETURN, b'{"id":1,"value":0,"out":[["address",["h"]]]}', r"wanted \[\"192"),
        (Type.RETURN, b'{"id":1,"value":0,"out":[["state",[]]]}', "an object of numbers"),
        (Type.RETURN, b"[" * 100_000, "body is not JSON"),
        (Type.STATE, b'{"state":"X","numbers":{"a":"b"}}', "an object of whole numbers"),
        (Type.CALL, b"{}", "CALL of step 5 is no event"),
    ],
)
def test_bad_events(kind: Type, body: bytes, message: str) -> None:
    """Bodies that are not what the message wants; one line that names message, field and wish."""
    with pytest.raises(AgentFault, match=message) as caught:
        messages.read_event(Frame(kind, 5, 0, body), 0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"now_ns":1,"next_deadline_ns":null}', "'blocked' is missing"),
        (b'{"now_ns":"1","next_deadline_ns":null,"blocked":[]}', "'now_ns' is '1'"),
        (b'{"now_ns":1,"next_deadline_ns":1.5,"blocked":[]}', "'next_deadline_ns' is 1.5"),
        (b'{"now_ns":1,"next_deadline_ns":null,"blocked":[true]}', "wanted an array of whole"),
    ],
)
def test_bad_idle(body: bytes, message: str) -> None:
    """An IDLE with a field missing or mistyped; one line."""
    with pytest.raises(ProtocolError, match=message):
        messages.read_idle(Frame(Type.IDLE, 1, 0, body))


@pytest.mark.parametrize(
    ("hello", "message"),
    [
        ({"protocol": 2}, "speaks protocol version 2, wanted 1"),
        ({"clock": "wall"}, "'clock' is 'wall', wanted 'virtual' or 'real'"),
    ],
)
def test_bad_hello(hello: dict[str, object], message: str) -> None:
    """Another version, an unknown clock; one line."""
    values = {"protocol": 1, "name": "x", "version": "1", "clock": "real", **hello}
    with pytest.raises(ProtocolError, match=message):
        messages.read_hello(one(messages.message(Type.HELLO, 0, 0, values)))


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (Type.IDLE, b"{}", "IDLE is no command"),
        (Type.CALL, b'{"id":1,"name":"send"}', "'args' is missing"),
        (Type.READ_STATE, b'{"local":[1,2]}', "'local' is"),
        (Type.KILL, b'{"signal":9}', "wanted a string"),
    ],
)
def test_bad_commands(kind: Type, body: bytes, message: str) -> None:
    """Commands that an agent cannot read; one line."""
    with pytest.raises(ProtocolError, match=message):
        messages.read_command(Frame(kind, 5, 0, body))
