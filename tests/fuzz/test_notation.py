"""The notation of steps: whatever can be a step reads back as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.fuzz.cases.notation import (
    CALLS,
    case_of,
    case_text,
    step_of,
    step_text,
    steps_of,
)
from tcpassay.fuzz.cases.steps import (
    FLAWS,
    Do,
    FuzzCase,
    LearnedCookie,
    Listen,
    Raw,
    Send,
    Tell,
    Wait,
)
from tcpassay.fuzz.cases.sums import StepError, number_of
from tcpassay.fuzz.sources.sweep import Sweep
from tcpassay.wire import (
    ACK,
    FIN,
    NOP,
    SYN,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)

NUMBERS = st.integers(-(1 << 32), 1 << 32)
WORDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda w: w != "null")
OCTETS = st.binary(max_size=12)
OPTIONS = st.one_of(
    st.just(NOP),
    st.just(SackPermitted()),
    st.builds(MaximumSegmentSize, NUMBERS),
    st.builds(WindowScale, NUMBERS),
    st.builds(Timestamps, NUMBERS, NUMBERS),
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4).map(lambda b: Sack(tuple(b))),
    st.builds(FastOpen, OCTETS),
    st.builds(EndOfList, OCTETS),
    st.builds(UnknownOption, st.integers(0, 255), OCTETS),
    st.builds(UnreadableOptions, OCTETS),
    st.builds(LearnedCookie, st.integers(0, 255)),
)
ARGUMENTS = st.one_of(
    st.tuples(st.just("address"), st.tuples(st.sampled_from(("stack", "peer")), st.integers(0, 9))),
    st.tuples(st.just("flags"), st.lists(WORDS, max_size=3).map(tuple)),
    st.tuples(st.just("name"), WORDS),
    st.tuples(st.just("linger"), st.tuples(st.integers(0, 1), st.integers(0, 9))),
    st.tuples(st.just("octets"), OCTETS),
    st.tuples(st.sampled_from(("text", "length", "value", "timeout", "fd")), NUMBERS),
    st.tuples(st.just("text"), st.one_of(st.none(), st.text(max_size=9))),
    st.tuples(st.just("texts"), st.lists(st.text(max_size=5), max_size=3).map(tuple)),
    st.tuples(
        st.just("pollfds"),
        st.lists(st.tuples(NUMBERS, st.lists(WORDS, max_size=2).map(tuple)), max_size=2).map(tuple),
    ),
)
STEPS = st.one_of(
    st.builds(
        Send,
        conn=st.integers(0, 31),
        flags=st.integers(0, 0x1FF),
        seq=NUMBERS,
        ack=st.one_of(st.none(), NUMBERS),
        window=NUMBERS,
        data=NUMBERS,
        options=st.lists(OPTIONS, max_size=3).map(tuple),
        urgent=NUMBERS,
        flaws=st.lists(st.tuples(st.sampled_from(sorted(FLAWS)), NUMBERS), max_size=2).map(tuple),
    ),
    st.builds(Tell, *[st.integers(0, 255)] * 3, NUMBERS, NUMBERS, NUMBERS),
    st.builds(Raw, OCTETS),
    st.builds(Wait, st.integers(0, 1 << 50)),
    st.builds(
        Listen,
        st.sampled_from(("listener", "l2")),
        st.integers(0, 3),
        st.integers(0, 128),
    ),
    st.builds(
        Do,
        st.sampled_from(sorted(CALLS)),
        st.one_of(st.just(""), WORDS),
        st.one_of(st.just(""), WORDS),
        st.lists(ARGUMENTS, max_size=4).map(tuple),
    ),
)


@given(STEPS)
def test_a_step_reads_back(step: Send) -> None:
    """Text of any step is one line, and gives the step."""
    text = step_text(step)
    assert "\n" not in text
    assert step_of(text) == step


@given(st.lists(STEPS, max_size=5), st.sampled_from((4, 6)), st.one_of(st.none(), st.integers(0)))
def test_a_case_reads_back(steps: list[Send], ip: int, iss: int | None) -> None:
    """Text of any case gives the case."""
    case = FuzzCase(tuple(steps), "sweep/LISTEN/SYN", 6 if ip == 6 else 4, ("no_sack",), iss)
    assert case_of(case_text(case)) == case


def test_cases_of_the_sweep_read_back() -> None:
    """What the sweep makes can be told and taken up again."""
    for number in range(0, 80_000, 997):
        case = Sweep(9).case(number)
        assert case_of(case_text(case)) == case


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("peer: FA seq=1 ack=1 data=10", Send(0, FIN | ACK, 1, 1, data=10)),
        ("peer 3: S seq=0 <mss 1460, TS 1 0>",
         Send(3, SYN, options=(MaximumSegmentSize(1460), Timestamps(1, 0)))),
        ("peer: A seq=2^31-1 ack=-1 !checksum=1",
         Send(flags=ACK, seq=(1 << 31) - 1, ack=-1, flaws=(("checksum", 1),))),
        ("app: accept4 listener SOCK_NONBLOCK -> c0",
         Do("accept4", "listener", "c0", (("flags", ("SOCK_NONBLOCK",)),))),
        ("app: send c0 30 0", Do("send", "c0", "", (("text", 30), ("flags", ())))),
        ("app: setsockopt c0 SOL_SOCKET SO_LINGER linger=1,0",
         Do("setsockopt", "c0", "",
            (("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0))))),
        ("icmp 1: 3/4 seq=1 rest=1400 quoted=28", Tell(1, 3, 4, 1, 1400, 28)),
        ("wait 10ms", Wait(10_000_000)),
        ("listen: l2 port=1 backlog=0", Listen("l2", 1, 0)),
        ("raw: 4500", Raw(b"\x45\x00")),
    ],
)  # fmt: skip
def test_steps_as_people_write_them(text: str, step: Send) -> None:
    """Each kind of step in its usual form."""
    assert step_of(text) == step
    assert step_of(step_text(step)) == step


def test_one_line_for_several_connections() -> None:
    """A range or a list of connections gives a step each, in the order written."""
    assert [s.conn for s in steps_of("peer 0-3,9,7-6: S seq=0") if isinstance(s, Send)] == [
        0, 1, 2, 3, 9, 7, 6,
    ]  # fmt: skip


def test_numbers_are_sums() -> None:
    """Powers, decimal numbers and names that are known."""
    assert number_of("2^32-1") == (1 << 32) - 1
    assert number_of("rcv.nxt+10-1", {"rcv.nxt": 5}) == 14
    assert number_of("-3") == -3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("peer: FAX seq=1", "flags are 'FAX'"),
        ("peer: FA sec=1", "unknown word 'sec' (nearest: 'seq')"),
        ("peer: FA seq", "'seq' has no value"),
        ("peer: FA seq=1x", "number is '1x'"),
        ("peer: FA seq=rcv.next", "the name 'rcv.next'"),
        ("peer: FA !checksm=1", "unknown word 'checksm' (nearest: 'checksum')"),
        ("peer: S <msss 1>", "unknown option 'msss' (nearest: 'mss')"),
        ("peer: S <mss>", "option 'mss', wanted other values"),
        ("peer: S <sack 5>", "block '5'"),
        ("peer 1-x: S", "connections are '1-x'"),
        ("per: S", "(nearest: 'peer')"),
        ("app: acept4 listener", "unknown call 'acept4' (nearest: 'accept4')"),
        ("app: listen", "listen() has no descriptor"),
        ("app: listen listener 5 6", "the argument '6' too many"),
        ("app: bind listener 80", "address is '80', wanted stack:PORT"),
        ("app: -> c0", "wanted CALL DESCRIPTOR"),
        ("icmp: 3 seq=1", "wanted TYPE/CODE"),
        ("raw: 4x", "wanted hexadecimal"),
        ("wait 10", "wanted 'peer: FLAGS ...'"),
        ("peer:", "a segment has no flags"),
    ],
)
def test_wrong_steps_are_told(text: str, message: str) -> None:
    """A mistake is told with what was wanted, and the nearest word."""
    with pytest.raises(StepError) as caught:
        steps_of(text, {"rcv.nxt": 1})
    assert message in str(caught.value)


def test_the_line_of_a_mistake_is_told() -> None:
    """In a case's text, a mistake has its line."""
    with pytest.raises(StepError, match="line 2: flags"):
        case_of("# odd\npeer: ZZ\n")
