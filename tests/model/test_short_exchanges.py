"""Short exchanges, written down, that the oracle has nothing against, beside ones that it has."""

from __future__ import annotations

import pytest

from tcpassay.core.events import Call, Returned, Tagged
from tcpassay.core.trace import Entry
from tcpassay.model.oracle.limits import Limits
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.wire import (
    Datagram,
    Icmp,
    MaximumSegmentSize,
    Option,
    Segment,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    build,
    flags_value,
)

STACK, PEER = "192.0.2.1", "192.0.2.2"
#: Where the peer and the target start.
P, S = 1_000, 5_000
LISTENER = 3


class Exchange:
    """Entries, one after the other, and what the oracle says of them."""

    def __init__(self, *settings: str, cookies: bool = False) -> None:
        self._oracle = Oracle((STACK,), Limits(30.0, settings=settings, syn_cookies=cookies))
        self._n = self._now = self._calls = 0
        self._fd = LISTENER

    @property
    def against(self) -> list[str]:
        """The requirements that are violated."""
        return [violation.requirement for violation in self._oracle.report.violations]

    @property
    def why(self) -> list[str]:
        """In words."""
        return [violation.why for violation in self._oracle.report.violations]

    def peer(
        self,
        flags: str,
        seq: int,
        ack: int = 0,
        text: bytes = b"",
        *,
        port: int = 20_000,
        options: tuple[Option, ...] = (),
    ) -> None:
        """A segment of the peer's, numbers counted from where each side starts."""
        number = S + ack if "A" in flags else 0
        segment = Segment(
            port, 8_000, P + seq, number, flags_value(flags), 65_535, 0, options, text
        )
        self._entry("send", build(Datagram.between(PEER, STACK, segment)))

    def stack(
        self,
        flags: str,
        seq: int,
        ack: int = 0,
        window: int = 64_240,
        *,
        port: int = 20_000,
        text: bytes = b"",
        options: tuple[Option, ...] = (),
    ) -> None:
        """One of the target's."""
        if "S" in flags:
            options = (MaximumSegmentSize(1460), *options)
        number = P + ack if "A" in flags else 0
        segment = Segment(
            8_000, port, S + seq, number, flags_value(flags), window, 0, options, text
        )
        self._entry("receive", build(Datagram.between(STACK, PEER, segment)))

    def unreachable(self) -> None:
        """ICMP: the host of the peer's cannot be reached (3/1)."""
        segment = Segment(8_000, 20_000, S, 0, flags_value("S"), 64_240)
        message = Icmp(3, 1, 0, build(Datagram.between(STACK, PEER, segment))[:28])
        self._entry("send", build(Datagram.between(PEER, STACK, message)))

    def call(
        self, name: str, *args: Tagged, value: int = 0, errno: str | None = None, out: object = None
    ) -> None:
        """A call that returns at once."""
        self._calls += 1
        self._entry("call", Call(self._calls, 0, name, args))
        told: tuple[Tagged, ...] = () if out is None else (("octets", out),)
        self._entry("return", Returned(0, self._calls, 0, value, errno, told))

    def listens(self, backlog: int = 5) -> None:
        """socket(), bind(), listen()."""
        self.call("socket", value=LISTENER)
        self.call("bind", ("fd", LISTENER), ("address", (STACK, 8_000)))
        self.call("listen", ("fd", LISTENER), ("length", backlog))

    def connects(self, *, stamped: bool = False) -> None:
        """connect(), and SYNs that cross, with timestamps or without."""
        self.call("socket", value=LISTENER)
        self.call("bind", ("fd", LISTENER), ("address", (STACK, 8_000)))
        self.call("connect", ("fd", LISTENER), ("address", (PEER, 20_000)), errno="EINPROGRESS")
        self.stack("S", 0, options=(Timestamps(9, 0),) * stamped)
        self.peer("S", 0, options=(Timestamps(7, 0),) * stamped)
        self.stack("SA", 0, 1, options=(Timestamps(9, 7),) * stamped)

    def accepts(self, port: int = 20_000) -> int:
        """accept4() of the connection from a port."""
        self._fd += 1
        self._calls += 1
        self._entry("call", Call(self._calls, 0, "accept4", (("fd", LISTENER),)))
        told: tuple[Tagged, ...] = (("address", (PEER, port)),)
        self._entry("return", Returned(0, self._calls, 0, self._fd, None, told))
        return self._fd

    def opens(self, port: int = 20_000) -> int:
        """A handshake and accept4()."""
        self.peer("S", 0, port=port)
        self.stack("SA", 0, 1, port=port)
        self.peer("A", 1, 1, port=port)
        return self.accepts(port)

    def _entry(self, kind: str, data: object) -> None:
        self._n += 1
        self._now += 1_000_000 * (kind in {"send", "call"})
        self._oracle.take(Entry(self._n, self._now, kind, 0, data))  # type: ignore[arg-type]


@pytest.mark.parametrize("cookies", [True, False])
def test_a_cookie_holds_where_nothing_is_kept(*, cookies: bool) -> None:
    """RFC 4987, 3.6: behind a full queue an ACK may open a connection a second time, with a window
    of its own; a target that has no cookies has to reset it.
    """
    exchange = Exchange(cookies=cookies)
    exchange.listens(backlog=0)
    exchange.peer("S", 0, port=20_001)
    exchange.stack("SA", 0, 1, port=20_001)
    exchange.opens()
    exchange.peer("R", 1)
    exchange.peer("A", 1, 1)
    exchange.peer("A", 1, 1, b"x")
    exchange.stack("A", 1, 2, 64_000)
    assert bool(exchange.against) is not cookies


def test_a_listener_with_room_keeps_what_it_has_answered() -> None:
    exchange = Exchange(cookies=True)
    exchange.listens()
    exchange.opens()
    exchange.peer("R", 1)
    exchange.peer("A", 1, 1)
    exchange.peer("A", 1, 1)
    assert exchange.against == ["RFC9293:3.10.7.2-ACK"]


@pytest.mark.parametrize("always", [True, False])
def test_a_wrong_cookie_takes_nothing_from_the_right_one(*, always: bool) -> None:
    """RFC 4987, 3.6: where no record is kept a reset ends none, and the right ACK opens."""
    exchange = Exchange(*["syn_cookies_always"] * always)
    exchange.listens()
    exchange.peer("S", 0)
    exchange.stack("SA", 0, 1)
    exchange.peer("A", 2, 1)
    exchange.stack("R", 1)
    exchange.peer("A", 1, 1)
    exchange.peer("PA", 1, 1, b"text")
    exchange.stack("A", 1, 5)
    assert bool(exchange.against) is not always


@pytest.mark.parametrize(("octets", "against"), [(b"text", 0), (b"tex", 0), (b"txet", 1)])
def test_text_behind_a_neighbour_of_a_cookie_is_read_as_it_came(
    octets: bytes, against: int
) -> None:
    """RFC 4987, 3.6: for whichever numbers the cookie has held, the text stands there."""
    exchange = Exchange("syn_cookies_always")
    exchange.listens()
    exchange.peer("S", 0)
    exchange.stack("SA", 0, 1)
    exchange.peer("PA", 2, 2, b"text")
    exchange.peer("PA", 6, 2, b"more")
    exchange.stack("A", 2, 10)
    fd = exchange.accepts()
    exchange.call("recv", ("fd", fd), ("length", 10), out=octets, value=len(octets))
    assert exchange.why[0].endswith("a neighbour of the cookie")
    assert exchange.against[1:] == ["RFC9293:3.10.7.4-SEQ-OVERLAP-OOO"] * against


@pytest.mark.parametrize("errno", [None, "EISCONN"])
@pytest.mark.parametrize("connects", [True, False])
def test_connect_again(errno: str | None, *, connects: bool) -> None:
    """POSIX, connect(): EISCONN on a socket that is connected; a first success tells of the end of
    the handshake.
    """
    exchange, fd = Exchange(), LISTENER
    again = ("connect", ("fd", fd), ("address", (PEER, 20_009)))
    if connects:
        exchange.connects()
        exchange.peer("SA", 0, 1)
        exchange.peer("A", 1, 1)
        exchange.call(*again)
    else:
        exchange.listens()
        fd = exchange.opens()
    assert exchange.against == []
    exchange.call("connect", ("fd", fd), ("address", (PEER, 20_009)), errno=errno)
    assert exchange.against == (["POSIX:CONNECT-EISCONN"] if errno is None else [])


def test_a_cookie_may_open_a_second_connection() -> None:
    """No record tells that the first was reset."""
    exchange = Exchange("syn_cookies_always")
    exchange.listens()
    exchange.opens()
    exchange.peer("PA", 1, 1, b"text")
    exchange.stack("A", 1, 5)
    exchange.peer("R", 5)
    exchange.peer("A", 1, 1)
    exchange.peer("A", 1, 1)
    assert exchange.against == []


@pytest.mark.parametrize("signed", [True, False])
def test_nobody_knows_what_became_of_a_connection_with_signed_segments(*, signed: bool) -> None:
    """RFC 5925: whether what follows counts cannot be told, nor then whether it is in the queue."""
    exchange = Exchange()
    exchange.listens()
    exchange.peer("S", 0)
    exchange.stack("SA", 0, 1)
    exchange.peer("A", 1, 1)
    exchange.peer("", 1, options=(UnknownOption(29, bytes(14)),) * signed)
    exchange.opens(20_001)
    assert exchange.against == ([] if signed else ["POSIX:ACCEPT-ORDER"])


@pytest.mark.parametrize(("options", "against"), [((UnreadableOptions(b"\2\0"),), 0), ((), 1)])
def test_options_that_cannot_be_read(options: tuple[Option, ...], against: int) -> None:
    """MUST-7: a segment with an illegal option length may be taken or dropped; no other may."""
    for taken in (True, False):
        exchange = Exchange()
        exchange.listens()
        exchange.opens()
        exchange.peer("A", 101, 1, b"later", options=options)
        if taken:
            exchange.stack("A", 1, 1)
        exchange.peer("A", 1, 1)
        assert len(exchange.against) == (0 if taken else against)


@pytest.mark.parametrize("crossed", [True, False])
def test_a_fin_that_has_waited_for_the_handshake(*, crossed: bool) -> None:
    """3.10.7.4: it goes out with the fifth check, the peer's text is taken with the seventh."""
    exchange = Exchange()
    if crossed:
        exchange.connects()
        fd = LISTENER
    else:
        exchange.listens()
        fd = exchange.opens()
    exchange.call("shutdown", ("fd", fd), ("name", "SHUT_WR"))
    if not crossed:
        exchange.stack("FA", 1, 1)
    exchange.peer("PA", 1, 1, b"text")
    if crossed:
        exchange.stack("FA", 1, 1)
    else:
        exchange.stack("A", 2, 1)
    exchange.stack("A", 2, 5)
    assert bool(exchange.against) is not crossed


def test_close_in_syn_received_leads_to_fin_wait_1() -> None:
    """3.10.4: with nothing to send the FIN goes at once; an ACK far too old is challenged there."""
    exchange = Exchange()
    exchange.connects()
    exchange.call("close", ("fd", LISTENER))
    exchange.stack("FA", 1, 1)
    exchange.peer("A", 1, -1_000_000_000 % (1 << 31))
    exchange.stack("A", 2, 1)
    exchange.peer("A", 1, 2)
    assert exchange.against == []


@pytest.mark.parametrize("small", [True, False])
def test_text_that_finds_no_room(*, small: bool) -> None:
    """Dropped in the window, with a window of zero: told by name where SO_RCVBUF was set."""
    exchange = Exchange()
    exchange.listens()
    fd = exchange.opens()
    if small:
        exchange.call("setsockopt", ("fd", fd), ("name", "SOL_SOCKET"), ("name", "SO_RCVBUF"))
    exchange.peer("PA", 1, 1, b"text")
    exchange.stack("A", 1, 1, 0)
    exchange.peer("A", 1, 1)
    dropped = [
        "not as this clause has it, but as no room in the window",
        "the right edge of the window goes back by 64240, to a window of zero",
    ]
    assert exchange.why == (dropped if small else ["ACK=1001, -4 from RCV.NXT"])


def test_a_delayed_ack_of_a_syn_ack_is_the_applications_wish() -> None:
    """TCP_QUICKACK of 0: told by name, and followed."""
    exchange = Exchange()
    exchange.call("socket", value=LISTENER)
    exchange.call("bind", ("fd", LISTENER), ("address", (STACK, 8_000)))
    exchange.call("connect", ("fd", LISTENER), ("address", (PEER, 20_000)), errno="EINPROGRESS")
    exchange.stack("S", 0)
    quick: tuple[Tagged, ...] = (("name", "IPPROTO_TCP"), ("name", "TCP_QUICKACK"), ("value", 0))
    exchange.call("setsockopt", ("fd", LISTENER), *quick)
    exchange.peer("SA", 0, 1)
    exchange.peer("PA", 1, 1, b"x")
    exchange.stack("A", 1, 2)
    exchange.peer("A", 2, 1)
    wanted = "not as this clause has it, but as an ACK of the SYN,ACK that is delayed"
    assert exchange.why == [wanted]


def test_the_end_of_the_stream_is_at_the_first_fin() -> None:
    """A FIN in another place, which the target has taken, adds nothing that could be read."""
    exchange = Exchange()
    exchange.listens()
    fd = exchange.opens()
    exchange.peer("FA", 1, 1)
    exchange.stack("A", 1, 2)
    exchange.peer("FA", 1, 1, b"x")
    exchange.stack("A", 1, 3)
    exchange.call("recv", ("fd", fd), ("length", 10), out=b"")
    assert exchange.why == ["not as this clause has it, but as another FIN behind the FIN"]
    exchange.call("close", ("fd", fd))
    exchange.stack("RA", 1, 3)
    assert len(exchange.why) == 1


@pytest.mark.parametrize("told", ["EHOSTUNREACH", "EOPNOTSUPP", ""])
def test_nothing_to_read_where_icmp_has_ended_the_attempt(told: str) -> None:
    """Once a call has told of it, the end of the stream is as good as any error."""
    exchange = Exchange()
    exchange.call("socket", value=LISTENER)
    exchange.call("bind", ("fd", LISTENER), ("address", (STACK, 8_000)))
    exchange.call("connect", ("fd", LISTENER), ("address", (PEER, 20_000)), errno="EINPROGRESS")
    exchange.stack("S", 0)
    exchange.unreachable()
    if told:
        exchange.call("send", ("fd", LISTENER), ("octets", b"x"), value=-1, errno=told)
    exchange.call("recv", ("fd", LISTENER), ("length", 10), out=b"")
    assert exchange.against == ([] if told else ["RFC9293:MUST-12"])


@pytest.mark.parametrize("kept", [True, False])
def test_a_close_that_waits_in_syn_received_comes_before_a_fin(*, kept: bool) -> None:
    """3.10.4: FIN-WAIT-1 with the fifth check, CLOSING with the eighth; TIME-WAIT then answers."""
    exchange = Exchange()
    exchange.connects()
    exchange.call("shutdown", ("fd", LISTENER), ("name", "SHUT_WR"))
    exchange.peer("FA", 1, 1)
    exchange.stack("FA", 1, 1)
    exchange.stack("A", 2, 2)
    exchange.peer("A", 2, 2)
    exchange.peer("PA", 2, 2, b"x")
    exchange.stack("A" if kept else "R", 2, 2)
    assert bool(exchange.against) is not kept


@pytest.mark.parametrize("sent", [True, False])
def test_a_close_that_waits_in_syn_received_is_due_behind_a_fin(*, sent: bool) -> None:
    """Whichever counts as the first, the FIN goes out."""
    exchange = Exchange()
    exchange.connects()
    exchange.call("shutdown", ("fd", LISTENER), ("name", "SHUT_WR"))
    exchange.peer("FA", 1, 1)
    if sent:
        exchange.stack("FA", 1, 2)
    else:
        exchange.stack("A", 1, 2)
    exchange.peer("A", 2, 1 + sent)
    assert bool(exchange.against) is not sent


def test_what_nobody_can_tell_is_not_over() -> None:
    """Behind a signed segment (RFC 2385) accept() says that there is a connection, and no more."""
    exchange = Exchange()
    exchange.listens()
    exchange.peer("", 0, options=(UnreadableOptions(b"\x13\1\0\0"),))
    exchange.opens()
    exchange.peer("S", 1)
    exchange.stack("A", 1, 1)
    exchange.peer("A", 2, 1)
    assert exchange.against == []


@pytest.mark.parametrize("ends", ["recv", "close"])
def test_text_and_fins_that_waited_behind_a_fin(ends: str) -> None:
    """The text before the first FIN is there to be read, and then nothing is left."""
    exchange = Exchange()
    exchange.listens()
    fd = exchange.opens()
    exchange.peer("FA", 5, 1)
    exchange.stack("A", 1, 1)
    exchange.peer("FA", 6, 1)
    exchange.stack("A", 1, 1)
    exchange.peer("A", 1, 1, b"text")
    exchange.stack("A", 1, 7)
    exchange.call("recv", ("fd", fd), ("length", 10), out=b"text")
    if ends == "recv":
        exchange.call("recv", ("fd", fd), ("length", 10), out=b"")
    exchange.call("close", ("fd", fd))
    exchange.stack("FA", 1, 7)
    assert exchange.why == ["not as this clause has it, but as text behind a FIN that waited"]


def test_text_behind_a_fin_that_nobody_has_read() -> None:
    """What is taken behind a FIN does not excuse an end of file before the text in front of it."""
    exchange = Exchange()
    exchange.listens()
    fd = exchange.opens()
    exchange.peer("FA", 5, 1)
    exchange.stack("A", 1, 1)
    exchange.peer("FA", 6, 1)
    exchange.stack("A", 1, 1)
    exchange.peer("A", 1, 1, b"text")
    exchange.stack("A", 1, 7)
    exchange.call("recv", ("fd", fd), ("length", 10), out=b"")
    assert exchange.against[1:] == ["DOC-33"]


def test_a_cookie_that_comes_back_without_its_timestamps() -> None:
    """RFC 4987, 3.6: nothing is kept that tells of them. Told by name, and followed."""
    stamps = (Timestamps(7, 0),)
    for cookies in (True, False):
        exchange = Exchange(cookies=cookies)
        exchange.listens(backlog=0)
        exchange.peer("S", 0, port=20_001)
        exchange.stack("SA", 0, 1, port=20_001)
        exchange.peer("S", 0, options=stamps)
        exchange.stack("SA", 0, 1, options=(Timestamps(9, 7),))
        exchange.peer("A", 1, 1, b"x")
        exchange.stack("A", 1, 2)
        followed = "not as this clause has it, but as a cookie without its timestamps"
        assert (followed in exchange.why) is cookies
        assert ("RFC7323:3.2-ALWAYS" in exchange.against) is not cookies


def test_rfc_1323_in_a_close_before_the_handshake_is_over() -> None:
    """3.10.4 has it FIN-WAIT-1 as well, where an ACK of what was not sent is answered."""
    exchange = Exchange()
    stamps = (Timestamps(9, 7),)
    exchange.connects(stamped=True)
    exchange.call("close", ("fd", LISTENER))
    exchange.stack("FA", 1, 1, options=stamps)
    exchange.peer("A", 1, 11)
    exchange.stack("A", 2, 1, options=stamps)
    assert exchange.why == ["not as this clause has it, but as RFC 1323"]


def _taken_back() -> Exchange:
    """A window of 64,140 octets that is 300 then: the edge was at 64,241, and is at 501."""
    exchange = Exchange()
    exchange.listens()
    exchange.opens()
    exchange.peer("A", 1, 1, b"x" * 100)
    exchange.stack("A", 1, 101, 64_140)
    exchange.peer("A", 101, 1, b"x" * 100)
    exchange.stack("A", 1, 201, 300)
    return exchange


@pytest.mark.parametrize("challenged", [True, False])
def test_a_rst_beyond_a_window_that_was_taken_back(*, challenged: bool) -> None:
    exchange = _taken_back()
    exchange.peer("R", 1_000)
    if challenged:
        exchange.stack("A", 1, 201, 300)
    exchange.peer("A", 201, 1)
    assert exchange.against == ["RFC9293:SHLD-14"]


@pytest.mark.parametrize("ack", [201, 501, 601, 401])
def test_text_across_the_edge_of_a_window_that_was_taken_back(ack: int) -> None:
    """Dropped, trimmed to either edge; nothing else."""
    exchange = _taken_back()
    exchange.peer("A", 201, 1, b"x" * 400)
    exchange.stack("A", 1, ack, max(0, 501 - ack))
    exchange.peer("A", 201, 1)
    wrong = ["RFC9293:3.4-ACK-SANE"] if ack == 401 else []
    assert exchange.against == ["RFC9293:SHLD-14", *wrong]


def test_no_timestamp_beyond_a_window_that_was_taken_back() -> None:
    """It is no other fault there than elsewhere."""
    exchange = Exchange()
    exchange.listens()
    exchange.peer("S", 0, options=(Timestamps(1, 0),))
    exchange.stack("SA", 0, 1, options=(Timestamps(9, 1),))
    exchange.peer("A", 1, 1, options=(Timestamps(2, 9),))
    exchange.accepts()
    exchange.peer("A", 1, 1, b"x" * 100, options=(Timestamps(3, 9),))
    exchange.stack("A", 1, 101, 300, options=(Timestamps(9, 3),))
    exchange.peer("A", 1_000, 1, b"x" * 100)
    exchange.stack("A", 1, 101, 300, options=(Timestamps(9, 3),))
    assert exchange.against == ["RFC9293:SHLD-14", "RFC7323:3.2-MISSING-DROP"]


def test_a_syn_while_the_connection_waits_leaves_it_judged() -> None:
    """A SYN in the window before accept(), challenged; an ACK of what was not sent is refused."""
    exchange = Exchange()
    exchange.listens(0)
    exchange.peer("S", 0)
    exchange.stack("SA", 0, 1)
    exchange.peer("A", 1, 1)
    exchange.peer("S", 50)
    exchange.stack("A", 1, 1)
    exchange.accepts()
    exchange.peer("PA", 1, 500, b"0123456789")
    exchange.stack("A", 1, 11, 64_230)
    assert exchange.against == ["RFC9293:3.4-ACK-SANE"]


@pytest.mark.parametrize("pieces", [3, 70])
@pytest.mark.parametrize(
    ("dropped", "half", "wrong"),
    [(0, 0, []), (2, 0, ["RFC9293:SHLD-31"]), (0, 5, ["RFC9293:3.4-ACK-SANE"])],
)
def test_what_makes_room_goes_by_segments(
    pieces: int, dropped: int, half: int, wrong: list[str]
) -> None:
    """Pieces of 10 octets wait above a hole; some are dropped from the right, no half of one."""
    exchange = Exchange()
    exchange.listens()
    fd = exchange.opens()
    for piece in range(1, pieces + 1):
        exchange.peer("A", 10 * piece + 1, 1, b"x" * 10)
        exchange.stack("A", 1, 1)
    exchange.call("setsockopt", ("fd", fd), ("name", "SOL_SOCKET"), ("name", "SO_RCVBUF"))
    exchange.peer("A", 1, 1, b"x" * 10)
    ack = 10 * (pieces + 1 - dropped) + 1 - half
    exchange.stack("A", 1, ack, 64_241 - ack)
    exchange.peer("A", ack, 1)
    assert exchange.against == wrong
