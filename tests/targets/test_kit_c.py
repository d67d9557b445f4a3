"""The C side of the agent protocol, targets/kit/c/tcpassay_agent.h, against the Python side."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Command,
    Datagram,
    Logged,
    Outcome,
    ReadState,
    ReadStats,
    Returned,
    Sent,
    StartCall,
    StateRead,
    StatsRead,
    Tagged,
)
from tcpassay.targets.channel import AgentChannel
from tcpassay.targets.messages import Start
from tcpassay.targets.program import Launch
from tcpassay.targets.protocol import Decoder, Type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None, reason="no C compiler: apt-get install gcc libc6-dev"
)
SOURCE = Path(__file__).parent / "kit_c" / "echo_agent.c"
SECOND = 10**9
STRICT = ("-std=gnu99", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined")


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The echo agent, built with all warnings and the sanitizers."""
    built = tmp_path_factory.mktemp("kit") / "agent"
    include = content_root() / "targets" / "kit" / "c"
    command = ["gcc", *STRICT, f"-I{include}", str(SOURCE), "-o", str(built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(built)


@pytest.fixture(params=["stream", "seqpacket"])
def begin(agent: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., AgentChannel]]:
    """Starts the agent with settings; all are closed at the end."""
    channels: list[AgentChannel] = []

    def start(*, coverage: bool = False, **settings: object) -> AgentChannel:
        launch = Launch(name="echo", command=(agent,), seqpacket=request.param == "seqpacket")
        channels.append(AgentChannel(launch._replace(coverage=coverage)))
        channels[-1].greet()
        channels[-1].start(
            Start(
                seed=2**64 - 1,
                ip=4,
                addresses=("192.0.2.1",),
                peer="192.0.2.2",
                prefix=24,
                settings=settings,
            )
        )
        return channels[-1]

    yield start
    for channel in channels:
        channel.close()


def call(number: int, name: str, *args: Tagged) -> Command:
    """The start of a socket call."""
    return StartCall(Call(number, 0, name, args))


def returned(outcome: Outcome) -> list[tuple[int, int, str | None]]:
    """Number, value and errno of the calls that have returned."""
    return [(e.call, e.value, e.errno) for e in outcome.events if isinstance(e, Returned)]


def test_hello(begin: Callable[..., AgentChannel]) -> None:
    """HELLO; name, version with quotes, clock, and the calls of the table."""
    hello = begin().hello
    assert (hello.protocol, hello.name, hello.clock) == (1, "echo", "virtual")
    assert hello.version == '1.0 "\u00e9"'
    assert hello.calls == ("take", "repeat", "poll", "select")


def test_setting_refused(begin: Callable[..., AgentChannel]) -> None:
    """A setting that the agent refuses; ConfigurationError with its words."""
    with pytest.raises(ConfigurationError, match='no setting "volume"'):
        begin(volume=11, nested={"a": [1, 2.5, True, None, {"b": "\u00e9\U0001f600\n"}]})


def test_datagrams_of_all_sizes(begin: Callable[..., AgentChannel]) -> None:
    """Datagrams up to 65,535 octets; each comes back as it was."""
    channel = begin()
    for size in (0, 1, 40, 1500, 65535):
        octets = bytes(range(256)) * 256
        events = channel.execute(Datagram(octets[:size])).events
        assert [e.octets for e in events if isinstance(e, Sent)] == [octets[:size]]


def test_arguments_and_results(begin: Callable[..., AgentChannel]) -> None:
    """Octets, an address, a text with escapes and flags go in; they come out."""
    text: Tagged = ("text", "a\u00e9z")
    args: tuple[Tagged, ...] = (("octets", b"\x00\xffz"), ("address", ("::1", 65535)), text)
    outcome = begin().execute(call(1, "repeat", *args, ("flags", ("MSG_OOB", "MSG_PEEK"))))
    (event,) = outcome.events
    assert isinstance(event, Returned)
    assert (event.value, event.out) == (1, args)


def test_calls_wait_in_order(begin: Callable[..., AgentChannel]) -> None:
    """Two calls wait; what arrives is for the first, then for the second."""
    channel = begin()
    assert channel.execute(call(1, "take", ("length", 4))).idle.blocked == (1,)
    assert channel.execute(call(2, "take", ("length", 1))).idle.blocked == (1, 2)
    outcome = channel.execute(Datagram(b"five5"))
    assert (returned(outcome), outcome.idle.blocked) == ([(1, 5, None)], (2,))
    assert returned(channel.execute(Datagram(b"x"))) == [(2, 1, None)]


def test_cancelled(begin: Callable[..., AgentChannel]) -> None:
    """CANCEL of a call that waits, and of none; EINTR, then nothing."""
    channel = begin()
    channel.execute(call(7, "take", ("length", 1)))
    outcome = channel.execute(Cancel(7))
    assert (returned(outcome), outcome.idle.blocked) == ([(7, -1, "EINTR")], ())
    assert channel.execute(Cancel(7)).events == []


def test_unknown_call(begin: Callable[..., AgentChannel]) -> None:
    """A call that is not in the table; ENOSYS-AGENT."""
    assert returned(begin().execute(call(1, "dup", ("fd", 3)))) == [(1, -1, "ENOSYS-AGENT")]


def test_advance_stops_at_an_event(begin: Callable[..., AgentChannel]) -> None:
    """ADVANCE over a timer that tells something; the clock stands at it."""
    channel = begin(beeps=True)
    outcome = channel.execute(Advance(10 * SECOND))
    assert [e.text for e in outcome.events if isinstance(e, Logged)] == ['beep "\x01"']
    assert (outcome.idle.now_ns, outcome.idle.next_deadline_ns) == (SECOND, 2 * SECOND)


def test_advance_goes_through(begin: Callable[..., AgentChannel]) -> None:
    """ADVANCE with nothing due; the clock stands at its end."""
    idle = begin().execute(Advance(7200 * SECOND)).idle
    assert (idle.now_ns, idle.next_deadline_ns) == (7200 * SECOND, None)


def test_poll(begin: Callable[..., AgentChannel]) -> None:
    """poll(); only what was asked for and what is wrong is told, and a time limit ends it."""
    channel = begin()
    fds: Tagged = ("pollfds", ((3, ("POLLIN", "POLLOUT")), (-1, ()), (5, ("POLLIN",))))
    (event,) = channel.execute(call(1, "poll", fds, ("timeout", 50))).events
    assert isinstance(event, Returned)
    assert (event.value, event.out) == (1, (("pollfds", ((5, ("POLLNVAL",)),)),))
    waiting: Tagged = ("pollfds", ((3, ("POLLIN",)),))
    idle = channel.execute(call(2, "poll", waiting, ("timeout", 50))).idle
    assert (idle.blocked, idle.next_deadline_ns) == ((2,), SECOND // 20)
    assert returned(channel.execute(Advance(SECOND))) == [(2, 0, None)]
    bad: Tagged = ("pollfds", ((4, ("POLLOUT",)), (9, ())))
    assert returned(channel.execute(call(3, "poll", bad, ("timeout", -1)))) == [(3, -1, "EBADF")]


def test_select(begin: Callable[..., AgentChannel]) -> None:
    """select(); three sets come back with those that are ready."""
    sets: tuple[Tagged, ...] = (("fds", (3, 4)), ("fds", (3, 4)), ("fds", ()))
    (event,) = begin().execute(call(1, "select", *sets, ("timeout", -1))).events
    assert isinstance(event, Returned)
    assert (event.value, event.out) == (1, (("fds", ()), ("fds", (4,)), ("fds", ())))


def test_state_and_stats(begin: Callable[..., AgentChannel]) -> None:
    """READ-STATE of a connection and of a listener, READ-STATS of a stack without any."""
    channel = begin()
    both = ReadState(("192.0.2.1", 80), ("192.0.2.2", 4000))
    (state,) = channel.execute(both).events
    assert isinstance(state, StateRead)
    assert (state.state, state.numbers) == (
        "ESTABLISHED",
        {"port": 80, "remote_port": 4000, "host": ord("1")},
    )
    (state,) = channel.execute(ReadState(("::", 80), None)).events
    assert isinstance(state, StateRead)
    assert state.state == "LISTEN"
    (stats,) = channel.execute(ReadStats()).events
    assert isinstance(stats, StatsRead)
    assert stats.numbers == {}


def test_coverage_counters(begin: Callable[..., AgentChannel]) -> None:
    """Counters where the tester asks for them; none where it does not."""
    asked = begin(coverage=True)
    asked.execute(Datagram(b"x"))
    assert asked.coverage() == b"\x01\x02\x03\xff"
    assert begin().coverage() is None


HEADER = struct.Struct("!IBIH")
START = json.dumps(
    {"seed": 1, "ip": 4, "addresses": [], "peer": "192.0.2.2", "prefix": 24, "settings": {}}
).encode()


def frame(kind: int, body: bytes, length: int | None = None) -> bytes:
    """The octets of a frame, of a false length where one is given."""
    return HEADER.pack(7 + len(body) if length is None else length, kind, 0, 0) + body


ODD = {
    "not_start": frame(Type.ADVANCE, b'{"until_ns":1}'),
    "start_twice": frame(Type.START, START) * 2,
    "truncated": frame(Type.START, START)[:-1],
    "half_a_header": b"\0\0\0",
    "too_long": frame(Type.START, START) + frame(Type.DATAGRAM, b"", (1 << 20) + 1),
    "too_short": frame(Type.START, START) + frame(Type.DATAGRAM, b"", 6),
    "unknown_type": frame(Type.START, START) + frame(0x0B, b"{}"),
    "own_type": frame(Type.START, START) + frame(Type.SENT, b"{}"),
    "no_json": frame(Type.START, START) + frame(Type.CANCEL, b"x"),
    "empty_body": frame(Type.START, START) + frame(Type.CANCEL, b""),
    "no_object": frame(Type.START, START) + frame(Type.CANCEL, b"[1]"),
    "no_end": frame(Type.START, START) + frame(Type.CANCEL, b'{"id":1'),
    "no_value": frame(Type.START, START) + frame(Type.CANCEL, b'{"id":}'),
    "no_name": frame(Type.START, START) + frame(Type.CANCEL, b"{1:1}"),
    "more_after": frame(Type.START, START) + frame(Type.CANCEL, b'{"id":1} 2'),
    "bad_escape": frame(Type.START, START) + frame(Type.CANCEL, b'{"id":1,"a":"\\u12"}'),
    "half_a_pair": frame(Type.START, START) + frame(Type.CANCEL, b'{"a":"\\ud800\\u0041"}'),
    "no_utf8": frame(Type.START, START) + frame(Type.CANCEL, b'{"a":"\xff"}'),
    "cut_utf8": frame(Type.START, START) + frame(Type.CANCEL, b'{"a":"\xe2\x82'),
    "string_without_end": frame(Type.START, START) + frame(Type.CANCEL, b'{"a":"b\\'),
    "control_character": frame(Type.START, START) + frame(Type.CANCEL, b'{"a":"\n"}'),
    "too_deep": frame(Type.START, START)
    + frame(Type.CANCEL, b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "missing_field": frame(Type.START, START) + frame(Type.CANCEL, b"{}"),
    "mistyped_field": frame(Type.START, START) + frame(Type.CANCEL, b'{"id":"1"}'),
    "mistyped_argument": frame(Type.START, START)
    + frame(Type.CALL, b'{"id":1,"name":"take","args":[["length","a"]]}'),
    "argument_that_is_no_pair": frame(Type.START, START)
    + frame(Type.CALL, b'{"id":1,"name":"take","args":[1]}'),
    "argument_missing": frame(Type.START, START)
    + frame(Type.CALL, b'{"id":1,"name":"take","args":[]}'),
    "no_hexadecimal": frame(Type.START, START)
    + frame(Type.CALL, b'{"id":1,"name":"repeat","args":[["octets","zz"]]}'),
    "no_address": frame(Type.START, START)
    + frame(Type.READ_STATE, b'{"local":[80,"192.0.2.1"],"remote":null}'),
}


def exchange(agent: str, octets: bytes) -> tuple[int, str, list[int]]:
    """Send octets and the end of file; exit status, standard error, the frames that came."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        environment = {**os.environ, "TCPASSAY_FD": str(theirs.fileno())}
        with subprocess.Popen(
            [agent], env=environment, pass_fds=(theirs.fileno(),), stderr=subprocess.PIPE, text=True
        ) as program:
            theirs.close()
            ours.sendall(octets)
            ours.shutdown(socket.SHUT_WR)
            _, printed = program.communicate(timeout=20)
        came = b""
        while more := ours.recv(65536):
            came += more
    return program.returncode, printed, [each.type for each in Decoder().feed(came)]


@pytest.mark.parametrize("name", ODD)
def test_odd_frames(agent: str, name: str) -> None:
    """What version 1 does not allow; one line of explanation, exit status 70."""
    status, printed, _ = exchange(agent, ODD[name])
    assert (status, len(printed.splitlines())) == (70, 1), printed
    assert printed.startswith("agent: ")


def test_end_of_file_between_frames(agent: str) -> None:
    """The tester goes away; the agent ends, with status 0."""
    status, printed, came = exchange(agent, frame(Type.START, START) + frame(Type.BYE, b"{}"))
    assert (status, printed, came) == (0, "", [Type.HELLO, Type.IDLE])
    assert exchange(agent, b"")[0] == 0


def test_unknown_fields_and_spaces(agent: str) -> None:
    """Fields that it does not know, in any white space; ignored."""
    body = b' { "x" : [ 1e3 , -2.5, "\\ud83d\\ude00", { } , [ ] ] ,\n"until_ns" : 5 }\t'
    status, printed, came = exchange(agent, frame(Type.START, START) + frame(Type.ADVANCE, body))
    assert (status, printed, came[-2:]) == (0, "", [Type.IDLE, Type.IDLE])
