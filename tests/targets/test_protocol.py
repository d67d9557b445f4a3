"""Agent protocol version 1: frames and messages, there and back, and every way to be bad."""

from __future__ import annotations

from itertools import pairwise

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
