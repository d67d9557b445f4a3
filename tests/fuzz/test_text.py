"""Stream integrity: what a stack may choose is right, everything else is found."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.events import Call, Returned
from tcpassay.core.trace import Entry
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send, app_text, peer_text
from tcpassay.fuzz.judges.streams import Streams
from tcpassay.fuzz.judges.text import as_written, integrity_alarms
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import connect, opened
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, FIN, SYN, URG, Datagram, IPv4, Segment, build

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.judges.streams import Stand

STACK, PEER = ("192.0.2.1", 80), ("192.0.2.2", 9)
RECV = Do("recv", "c0", args=(("length", 4096), ("flags", ())))


class Script:
    """Entries of a connection that was accepted as descriptor 5; both sides started at 1000."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.calls = count(1)
        self.peer(SYN, 0)
        self.stack(SYN | ACK, 0)
        self.peer(ACK, 1)
        self.call("accept4", 5, (("fd", 3),), (("address", PEER),))

    def add(self, kind: str, data: object) -> None:
        self.entries.append(Entry(len(self.entries), 0, kind, 0, data))  # type: ignore[arg-type]

    def peer(self, flags: int, seq: int, text: bytes = b"", urgent: int = 0) -> None:
        self.segment("send", PEER, STACK, flags, seq, text, urgent)

    def stack(self, flags: int, seq: int, text: bytes = b"") -> None:
        self.segment("receive", STACK, PEER, flags, seq, text, 0)

    def segment(
        self,
        kind: str,
        src: tuple[str, int],
        dst: tuple[str, int],
        flags: int,
        seq: int,
        text: bytes,
        urgent: int,
    ) -> None:
        numbers = (1000 + seq) & 0xFFFFFFFF, 1001, flags, 65535, urgent
        segment = Segment(src[1], dst[1], *numbers, payload=text)
        self.add(kind, build(Datagram(IPv4(src[0], dst[0]), segment)))

    def call(
        self,
        name: str,
        value: int,
        args: tuple[tuple[str, object], ...],
        out: tuple[tuple[str, object], ...] = (),
        errno: str | None = None,
    ) -> None:
        number = next(self.calls)
        self.add("call", Call(number, 0, name, args))
        self.add("return", Returned(0, number, 0, value, errno, out))

    def reads(self, octets: bytes, *flags: str) -> None:
        args = (("fd", 5), ("length", 100), ("flags", flags))
        self.call("recv", len(octets), args, (("octets", octets),))

    def writes(self, octets: bytes, taken: int | None = None) -> None:
        args = (("fd", 5), ("octets", octets), ("flags", ()))
        self.call("send", len(octets) if taken is None else taken, args)

    def told(self) -> list[bool]:
        """For each fault whether it is of reading."""
        return [each.key.answer == "wrong text read" for each in integrity_alarms(self.entries)]


def test_text_in_order_is_right_at_a_glance() -> None:
    """Text in two pieces, peeked at, read in other pieces; text written and sent."""
    script = Script()
    script.peer(ACK, 1, peer_text(1, 10))
    script.peer(ACK, 11, peer_text(11, 10))
    script.reads(peer_text(1, 4), "MSG_PEEK")
    script.reads(peer_text(1, 15))
    script.reads(peer_text(16, 5))
    script.writes(app_text(1, 30))
    script.stack(ACK, 1, app_text(1, 20))
    script.stack(ACK, 11, app_text(11, 20))
    assert as_written(script.entries)
    assert script.told() == []


@pytest.mark.parametrize(
    "octets",
    [
        peer_text(2, 9),
        peer_text(1, 9) + b"\x00",
        peer_text(1, 5) + peer_text(1, 5),
        peer_text(1, 5) + peer_text(7, 4),
        peer_text(1, 11),
    ],
    ids=["shifted", "changed", "twice", "one left out", "more than was sent"],
)
def test_text_that_was_not_sent_is_found(octets: bytes) -> None:
    """recv() gives other octets than the ten that were sent."""
    script = Script()
    script.peer(ACK, 1, peer_text(1, 10))
    script.reads(octets)
    assert script.told() == [True]


def test_octets_left_by_a_peek_come_again() -> None:
    """After MSG_PEEK the same octets are due; those behind them are not."""
    script = Script()
    script.peer(ACK, 1, peer_text(1, 10))
    script.reads(peer_text(1, 4), "MSG_PEEK")
    script.reads(peer_text(5, 4))
    assert script.told() == [True]


def test_either_of_two_octets_may_be_read() -> None:
    """Segments of one number contradict each other: either octet, octet by octet; no third."""
    for middle, faults in ((b"aaa", []), (b"bbb", []), (b"aba", []), (b"abc", [True])):
        script = Script()
        script.peer(ACK, 4, b"aaa")
        script.peer(ACK, 4, b"bbb")
        script.peer(ACK, 1, peer_text(1, 3))
        script.reads(peer_text(1, 3) + middle)
        assert script.told() == faults


def test_text_of_a_bad_segment_may_not_be_read() -> None:
    """The only segment with the text has a wrong checksum."""
    script = Script()
    script.peer(ACK, 1, b"abc")
    octets = bytearray(script.entries.pop().data)  # type: ignore[call-overload]
    octets[36] ^= 0xFF
    script.add("send", bytes(octets))
    script.reads(b"abc")
    assert script.told() == [True]


def test_urgent_octet_in_line_or_out_of_it() -> None:
    """An urgent octet is left out, is in line, is read out of band; another one is not."""
    right = (peer_text(1, 9), peer_text(1, 4) + peer_text(6, 5), peer_text(1, 10))
    for octets in right:
        script = Script()
        script.peer(ACK | URG, 1, peer_text(1, 10), urgent=5)
        script.reads(octets)
        script.reads(peer_text(5, 1), "MSG_OOB")
        assert script.told() == []
    script.reads(peer_text(8, 1), "MSG_OOB")
    assert script.told() == [True]


def test_tuple_opened_again_starts_anew() -> None:
    """A second SYN with a higher number: text counts from there, and from the stack's new one."""
    script = Script()
    script.peer(SYN, 70_000)
    script.stack(SYN | ACK, 90_000)
    script.call("accept4", 6, (("fd", 3),), (("address", PEER),))
    script.peer(ACK, 70_001, peer_text(70_001, 10))
    args = (("fd", 6), ("length", 100), ("flags", ()))
    script.call("recv", 10, args, (("octets", peer_text(70_001, 10)),))
    script.call("send", 5, (("fd", 6), ("octets", app_text(1, 5))))
    script.stack(ACK, 90_001, app_text(1, 5))
    assert script.told() == []
    script.stack(ACK, 90_006, app_text(6, 5))
    assert script.told() == [False]


@pytest.mark.parametrize("text", [b"x" + app_text(2, 9), app_text(2, 10), app_text(1, 31)])
def test_text_that_was_not_written_is_found(text: bytes) -> None:
    """Thirty octets are written; the stack sends changed, shifted or more octets."""
    script = Script()
    script.writes(app_text(1, 30))
    script.stack(ACK, 1, app_text(1, 10))
    script.stack(ACK, 1, text)
    assert script.told() == [False]


def test_what_send_has_not_taken_is_not_sent() -> None:
    """send() takes 10 of 30 octets; the eleventh on the wire is nobody's."""
    script = Script()
    script.writes(app_text(1, 30), taken=10)
    script.peer(ACK, 1)
    script.stack(ACK, 1, b"y" + app_text(2, 10))
    assert script.told() == [False]


def test_garbage_of_a_keepalive_is_no_text() -> None:
    """RFC 1122, 4.2.3.6: one octet below what was acknowledged may be anything; two may not."""
    script = Script()
    script.stack(ACK, 0, b"\x00")
    assert script.told() == []
    script.stack(ACK, 0, b"\x00\x00")
    assert script.told() == [False]


def _played(*steps: Step) -> list[Entry]:
    target = open_target("reference")
    player = Player(target.start(StackOptions()), target.manifest, 1, 4)
    player.play(FuzzCase(steps))
    return player.trace.entries


def test_real_exchanges_that_are_unusual_are_right() -> None:
    """Contradicting text, urgent octets and a socket that connects twice, on the reference."""
    contradiction = _played(
        *opened().steps,
        Send(0, ACK, 11, 1, data=10, flaws=(("text", 0x80),)),
        Send(0, ACK, 1, 1, data=20),
        RECV,
    )
    urgent = _played(*opened().steps, Send(0, ACK | URG, 1, 1, data=20, urgent=7), RECV, RECV)
    twice = *connect(), Send(0, SYN | ACK, 0, 1), *connect()[1:]
    again = _played(*twice, Send(0, ACK, 1, 1, data=9), RECV)
    on_the_syn = _played(
        *connect(),
        Send(0, SYN | ACK | URG, 0, 1, data=100, urgent=2),
        Send(0, ACK, 1, 1, data=20),
        RECV,
    )
    for entries in (contradiction, urgent, again, on_the_syn):
        assert integrity_alarms(entries) == []
    assert not as_written(urgent)


@pytest.mark.parametrize(("flags", "where"), [(FIN | ACK, "from behind a FIN"), (ACK, "not what")])
def test_text_behind_a_fin_is_told_apart_from_wrong_text(flags: int, where: str) -> None:
    """A reader that goes on behind a FIN skips the number that the FIN had."""
    script = Script()
    script.peer(flags, 1, peer_text(1, 4))
    script.peer(ACK, 6, peer_text(6, 4))
    script.reads(peer_text(1, 4) + peer_text(6, 4))
    (alarm,) = integrity_alarms(script.entries)
    assert where in alarm.why


@pytest.mark.parametrize(("ack", "beside"), [(1, True), (300, False)])
def test_text_moved_with_the_ack_of_a_cookie_is_told_apart(ack: int, beside: bool) -> None:
    """The stack started at 1000: an ACK of 1002 in place of 1001, and text from there on."""
    script = Script()
    numbers = PEER[1], STACK[1], 1001, 1001 + ack, ACK, 65535
    octets = build(Datagram(IPv4(PEER[0], STACK[0]), Segment(*numbers)))
    script.add("send", octets)
    sent = app_text(1, 3)
    script.call("send", 3, (("fd", 5), ("octets", sent)))
    script.stack(ACK, 1 + ack, sent)
    (alarm,) = integrity_alarms(script.entries)
    assert ("beside a cookie" in alarm.why) is beside


def test_text_that_is_right_is_looked_for_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """60,000 octets with a FIN before them; what costs all of the text is done for none of them."""
    looks = 0
    behind = Streams._behind_fins

    def counted(streams: Streams, stands: set[Stand]) -> set[Stand]:
        nonlocal looks
        looks += 1
        return behind(streams, stands)

    monkeypatch.setattr(Streams, "_behind_fins", counted)
    script = Script()
    script.peer(ACK | FIN, 1)
    for at in range(1, 60_000, 1_000):
        script.peer(ACK, at, peer_text(at, 1_000))
    script.reads(peer_text(1, 60_000))
    assert (Streams(script.entries).faults, looks) == ([], 0)
    script.reads(b"\x00")
    assert (len(Streams(script.entries).faults), looks) == (1, 1)


def test_only_the_first_octet_that_differs_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader loses every second of 4,000 octets, and then reads on: two octets are followed, the
    second of them is sought in two more places.
    """
    steps = 0
    after = Streams._after

    def counted(streams: Streams, stands: set[Stand], octet: int | None) -> set[Stand]:
        nonlocal steps
        steps += 1
        return after(streams, stands, octet)

    monkeypatch.setattr(Streams, "_after", counted)
    script = Script()
    script.peer(ACK | FIN, 1)
    for at in range(1, 4_000, 1_000):
        script.peer(ACK, at, peer_text(at, 1_000))
    for _ in range(3):
        script.reads(peer_text(1, 4_000)[::2])
    (fault,) = Streams(script.entries).faults
    assert fault.why.startswith("octet 1 that recv() gave")
    assert steps <= 4


def test_text_behind_many_fins_is_looked_at_once() -> None:
    """A FIN before each of 200 octets: what goes on behind one goes on behind those before it."""
    script = Script()
    for at in range(1, 201):
        script.peer(ACK | FIN, at)
    script.peer(ACK, 1, peer_text(1, 200))
    streams = Streams(script.entries)
    (ports,) = streams._said
    looked = _Looked(streams._said[ports])
    streams._said[ports] = looked
    assert len(streams._behind_fins({(ports, 1001)})) == 200
    assert looked.looks <= 400


class _Looked(dict[int, set[int]]):
    """Counts how often it is asked whether it has a number."""

    looks = 0

    def __contains__(self, number: object) -> bool:
        self.looks += 1
        return super().__contains__(number)


def test_a_reader_may_leave_out_a_mark_before_a_fin() -> None:
    """The last octet before a FIN is urgent; text behind it is told as from behind a FIN."""
    script = Script()
    script.peer(ACK | URG, 1, peer_text(1, 10), urgent=10)
    script.peer(ACK | FIN, 11)
    script.peer(ACK, 12, peer_text(12, 5))
    script.reads(peer_text(1, 9))
    script.reads(peer_text(12, 5))
    (fault,) = Streams(script.entries).faults
    assert fault.why.endswith("from behind a FIN")
