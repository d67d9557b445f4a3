"""Window scale and timestamps (RFC 7323): negotiation, windows, echoes, PAWS, round trips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tcpref import options, seq, timestamps, window
from tcpref.segment import ACK, FIN, PSH, RST, SYN, Segment
from tcpref.tcb import State

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

SECOND = 1_000_000_000
DAY = 86_400
MSS = options.build_mss(1460)
PEER_ISS = 1000
ISN = PEER_ISS + 1


def stamps(tsval: int, tsecr: int = 0) -> bytes:
    """The option as it usually stands in a segment."""
    return options.build_timestamps(tsval & seq.MASK, tsecr)


def scale(shift: int) -> bytes:
    """The window scale option, aligned."""
    return options.build_window_scale(shift)


class Stamped:
    """A connection with timestamps; the peer's clock is told with each segment."""

    def __init__(self, host: Host, tsval: int = 1000, *, extra: bytes = b"") -> None:
        self.host = host
        listener = host.listen()
        host.peer(SYN, PEER_ISS, options=MSS + stamps(tsval) + extra)
        self.syn_ack = host.only()
        self.send(tsval)
        host.fd = host.on("accept", fd=listener).value
        host.take()

    def send(
        self,
        tsval: int,
        flags: int = ACK,
        *,
        payload: bytes = b"",
        ahead: int = 0,
        tsecr: int | None = None,
        wnd: int = 65535,
    ) -> None:
        """A segment `ahead` of RCV.NXT that acknowledges all; the newest TSval is echoed."""
        tcb = self.host.tcb
        echoed = timestamps.clock(tcb, self.host.now) if tsecr is None else tsecr
        self.host.peer(
            flags,
            tcb.rcv_nxt + ahead,
            tcb.snd_nxt,
            payload=payload,
            wnd=wnd,
            options=stamps(tsval, echoed & seq.MASK),
        )


@pytest.fixture
def stamped(host: Host) -> Stamped:
    """An accepted connection with timestamps."""
    return Stamped(host)


# Options.
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@examples(deadline=None)
def test_timestamps_are_read_as_they_are_built(tsval: int, tsecr: int) -> None:
    """The usual layout and any other give the same values."""
    usual = options.build_timestamps(tsval, tsecr)
    wanted = options.Options(tsval=tsval, tsecr=tsecr)
    assert options.parse_options(usual) == wanted
    assert options.parse_options(usual[2:] + b"\1\1") == wanted
    assert options.parse_options(b"\1" + usual[2:] + b"\0") == wanted


@given(st.binary(max_size=40))
@examples(deadline=None)
def test_any_option_area_is_read(area: bytes) -> None:
    """No octets raise, each value fits its field, and the quick way agrees with the slow one."""
    read = options.parse_options(area)
    assert read == options.read_options(area)
    assert read.mss is None or 0 <= read.mss <= 0xFFFF
    assert read.wscale is None or 0 <= read.wscale <= 0xFF
    assert read.tsval is None or 0 <= read.tsval <= seq.MASK
    assert 0 <= read.tsecr <= seq.MASK


PIECES = st.one_of(
    st.just(b"\1"),
    st.integers(0, 65535).map(options.build_mss),
    st.integers(0, 255).map(lambda shift: bytes((3, 3, shift))),
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)).map(
        lambda pair: options.build_timestamps(*pair)[2:]
    ),
    st.binary(max_size=6).map(lambda body: bytes((253, 2 + len(body))) + body),
)


@given(st.lists(PIECES, max_size=8))
@examples(deadline=None)
def test_options_are_read_wherever_they_stand(pieces: list[bytes]) -> None:
    """The last of each kind counts; kinds that are not known are stepped over."""
    read = options.parse_options(b"".join(pieces) + b"\0\xff")
    last = {piece[0]: piece for piece in pieces}
    assert read.mss == (int.from_bytes(last[2][2:], "big") if 2 in last else None)
    assert read.wscale == (last[3][2] if 3 in last else None)
    assert read.tsval == (int.from_bytes(last[8][2:6], "big") if 8 in last else None)
    assert read.tsecr == (int.from_bytes(last[8][6:], "big") if 8 in last else 0)


@given(st.integers(0, 255), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@examples(deadline=None)
def test_options_agree_with_scapy(shift: int, tsval: int, tsecr: int) -> None:
    """What Scapy builds is read, and what is built Scapy reads."""
    from scapy.layers.inet import TCP

    listed = [("MSS", 1460), ("NOP", None), ("WScale", shift), ("Timestamp", (tsval, tsecr))]
    area = bytes(TCP(options=listed))[20:]
    assert options.parse_options(area) == options.Options(1460, shift, tsval, tsecr)
    built = (
        options.build_mss(1460)
        + options.build_window_scale(shift)
        + options.build_timestamps(tsval, tsecr)
    )
    header = bytes(TCP(dataofs=5 + len(built) // 4))[:20] + built
    assert [option for option in TCP(header).options if option[0] != "NOP"] == [
        option for option in listed if option[0] != "NOP"
    ]


@pytest.mark.parametrize("area", ["0302", "03030a03", "08080000000100000000", "080a000000010000"])
def test_a_wrong_length_is_not_read(area: str) -> None:
    """An option that is too short or cut off by the end gives no value."""
    read = options.parse_options(bytes.fromhex(area))
    assert (read.tsval, read.wscale) == (None, 10 if area == "03030a03" else None)


# Negotiation.
@pytest.mark.parametrize("offered", [(), ("ts",), ("ws",), ("ts", "ws")])
def test_a_syn_ack_carries_what_the_syn_had(host: Host, offered: tuple[str, ...]) -> None:
    """2.2 and 3.2: neither option stands in a SYN,ACK unasked."""
    host.listen()
    area = (stamps(77) if "ts" in offered else b"") + (scale(2) if "ws" in offered else b"")
    host.peer(SYN, PEER_ISS, options=MSS + area)
    answer = host.only().options
    assert (answer.tsval is not None) == ("ts" in offered)
    assert (answer.wscale is not None) == ("ws" in offered)
    assert answer.tsecr == (77 if "ts" in offered else 0)


@pytest.mark.parametrize("answered", [(), ("ts",), ("ws",), ("ts", "ws")])
def test_a_connect_offers_both(host: Host, answered: tuple[str, ...]) -> None:
    """What the SYN,ACK leaves out is not used."""
    host.connect("SOCK_NONBLOCK")
    syn = host.only()
    assert syn.options.wscale is not None
    assert (syn.options.tsval is not None, syn.options.tsecr) == (True, 0)
    area = (stamps(77) if "ts" in answered else b"") + (scale(2) if "ws" in answered else b"")
    host.peer(SYN | ACK, PEER_ISS, syn.seq + 1, options=MSS + area, wnd=1000)
    ack = host.only()
    assert ack.options.wscale is None
    assert (ack.options.tsval is not None, ack.options.tsecr == 77) == ("ts" in answered,) * 2
    assert (host.tcb.timestamps, host.tcb.window_scaling) == ("ts" in answered, "ws" in answered)
    assert host.tcb.snd_wnd == 1000


def test_settings_turn_either_off(make_host: type[Host]) -> None:
    """Neither offered nor granted."""
    for name in ("timestamps", "window_scale"):
        host = make_host(**{name: False})
        host.listen()
        host.peer(SYN, PEER_ISS, options=MSS + stamps(1) + scale(3))
        answer = host.only().options
        assert (answer.tsval is None) == (name == "timestamps")
        assert (answer.wscale is None) == (name == "window_scale")
        assert host.tcb.snd_scale == (0 if name == "window_scale" else 3)


def test_a_syn_sent_again_carries_the_same_options(host: Host) -> None:
    """A retransmission differs in its TSval only."""
    host.connect("SOCK_NONBLOCK")
    first = host.only()
    host.advance_to_timer()
    second = host.only()
    assert second.options.wscale == first.options.wscale
    assert (second.options.tsval, first.options.tsval) != (None, None)
    assert seq.distance(second.options.tsval or 0, first.options.tsval or 0) == 1000


def test_crossed_syns_negotiate(host: Host) -> None:
    """The window of the peer's SYN,ACK counts as it stands, that of the next ACK is scaled."""
    host.connect("SOCK_NONBLOCK")
    syn = host.only()
    host.peer(SYN, PEER_ISS, options=MSS + scale(4) + stamps(5), wnd=900)
    answer = host.only()
    assert (answer.options.wscale, answer.options.tsecr) == (0, 5)
    host.peer(SYN | ACK, PEER_ISS, syn.seq + 1, options=MSS + scale(4) + stamps(6), wnd=1000)
    assert (host.state(), host.tcb.snd_wnd) == (State.ESTABLISHED, 1000)
    host.take()
    host.peer(ACK, ISN, syn.seq + 1, options=stamps(7), wnd=1000)
    assert host.tcb.snd_wnd == 16000


# Windows.
@pytest.mark.parametrize("shift", [0, 1, 7, 14, 15, 255])
def test_a_window_is_scaled_by_at_most_14(host: Host, shift: int) -> None:
    """2.3: a larger shift counts as 14."""
    Stamped(host, extra=scale(shift))
    host.peer(ACK, ISN, host.tcb.snd_nxt, options=stamps(1000), wnd=3)
    assert host.tcb.snd_wnd == 3 << min(shift, 14)


@pytest.mark.parametrize(
    ("octets", "shift"),
    [(65535, 0), (65536, 1), (131072, 2), (1 << 20, 5), (1 << 30, 14), (1 << 31, 14)],
)
def test_the_shift_follows_the_buffer(make_host: type[Host], octets: int, shift: int) -> None:
    """The least shift with which the field holds the buffer; the SYN,ACK's window is not scaled."""
    host = make_host(rcv_buffer=octets)
    connection = Stamped(host, extra=scale(0))
    assert connection.syn_ack.options.wscale == shift
    assert connection.syn_ack.wnd == 65535
    connection.send(1001, ACK | PSH, payload=b"x" * 1460)
    connection.send(1002, ACK | PSH, payload=b"x" * 1460)
    wnd = host.only().wnd << shift
    largest = min(octets, 0xFFFF << shift)
    assert largest - 2920 - (1 << shift) < wnd <= largest
    assert host.tcb.rcv_wnd >= wnd


@given(sizes=st.lists(st.integers(1, 1460), min_size=1, max_size=60), reads=st.booleans())
@examples(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
def test_the_announced_edge_is_kept_to(
    make_host: type[Host], sizes: list[int], *, reads: bool
) -> None:
    """2.4: all that fitted a window ever announced is taken, and the buffer bounds it."""
    host = make_host(rcv_buffer=300_000)
    connection = Stamped(host, extra=scale(0))
    highest = host.tcb.rcv_edge
    for tsval, size in enumerate(sizes, 1001):
        connection.send(tsval, ACK | PSH, payload=bytes(size))
        if reads:
            host.recv(1000)
        for segment in host.take():
            edge = seq.add(segment.ack, segment.wnd << host.tcb.rcv_scale)
            assert not seq.after(edge, host.tcb.rcv_edge)
            highest = edge if seq.after(edge, highest) else highest
    tcb = host.tcb
    assert not seq.before(tcb.rcv_edge, highest)
    assert tcb.rcv_wnd + len(tcb.received) <= tcb.rcv_buffer


def test_a_bare_window_is_rounded_up_while_there_is_room(make_host: type[Host]) -> None:
    """One octet that has been read does not take a unit from the window."""
    host = make_host(rcv_buffer=1 << 20)
    connection = Stamped(host, extra=scale(0))
    connection.send(1001, ACK | PSH, payload=bytes(1460))
    host.recv()
    host.advance(1)
    host.take()
    edges = []
    for tsval in range(1002, 1010):
        connection.send(tsval, ACK | PSH, payload=b"x")
        host.recv()
        host.advance(1)
        segment = host.only()
        edges.append(seq.add(segment.ack, segment.wnd << host.tcb.rcv_scale))
    assert edges == sorted(edges)


def test_an_ack_before_the_end_of_the_handshake_tells_no_more(make_host: type[Host]) -> None:
    """A SYN,ACK that is sent again would seem to take back what an ACK has told."""
    host = make_host(rcv_buffer=300_000)
    host.listen()
    host.peer(SYN, PEER_ISS, options=MSS + scale(0))
    first = host.only()
    host.peer(ACK, ISN + 400_000, first.seq + 1)
    challenge = host.only()
    assert challenge.wnd == 0xFFFF >> first.options.wscale  # type: ignore[operator]
    host.advance_to_timer()
    assert (host.only().wnd, host.tcb.rcv_wnd) == (0xFFFF, 0xFFFF)


def test_duplicate_acks_are_told_by_the_scaled_window(host: Host) -> None:
    """Three ACKs with the same scaled window start a retransmission."""
    connection = Stamped(host, extra=scale(3))
    connection.send(1001, wnd=5000)
    host.send(bytes(2000))
    host.take()
    tcb = host.tcb
    for _ in range(3):
        host.peer(ACK, ISN, tcb.snd_una, options=stamps(1001), wnd=5000)
    assert [segment.seq for segment in host.take()] == [tcb.snd_una]


def test_timestamps_go_off_the_segment_size(stamped: Stamped) -> None:
    """RFC 6691: header, option and text together fit the MSS."""
    stamped.host.send(bytes(2896))
    assert [len(segment.payload) for segment in stamped.host.take()] == [1448, 1448]


def test_without_timestamps_segments_are_full(host: Host) -> None:
    """Nothing goes off where nothing is carried."""
    host.establish()
    host.send(bytes(2920))
    assert [len(segment.payload) for segment in host.take()] == [1460, 1460]


# TSval and TSecr.
def test_each_segment_carries_the_time(stamped: Stamped) -> None:
    """3.2: every segment but resets; the value grows by one a millisecond."""
    host = stamped.host
    begin = stamped.syn_ack.options.tsval
    assert begin is not None
    for _ in range(3):
        host.advance(0.25)
        host.send(b"text")
        sent = host.only().options
        assert sent.tsval == seq.add(begin, host.now * 1000 // SECOND)
        assert sent.tsecr == 1000
        stamped.send(1000)


def test_the_clock_of_a_pair_goes_on(host: Host) -> None:
    """Two connections of one pair of ends share a clock; other pairs have another."""
    seen = {}
    host.listen()
    for port in (4000, 4001):
        host.peer(SYN, PEER_ISS, port=port, options=MSS + stamps(1))
        seen[port] = host.only().options.tsval
        host.peer(RST, ISN, port=port)
    host.advance(2)
    host.peer(SYN, PEER_ISS, port=4000, options=MSS + stamps(1))
    assert host.only().options.tsval == seq.add(seen[4000] or 0, 2000)
    assert seen[4000] != seen[4001]


def test_a_delayed_ack_echoes_the_earliest(stamped: Stamped) -> None:
    """4.3, (A)."""
    stamped.send(1010, payload=b"x" * 10)
    stamped.send(1020, payload=b"x" * 10)
    stamped.host.advance(0.5)
    assert stamped.host.only().options.tsecr == 1010


def test_a_hole_keeps_the_echo(stamped: Stamped) -> None:
    """4.3, (B) and (C): the ACK of what is out of order echoes the last in order."""
    host = stamped.host
    stamped.send(1010, payload=b"x" * 10)
    host.advance(0.5)
    assert host.only().options.tsecr == 1010
    stamped.send(1030, payload=b"x" * 10, ahead=10)
    assert host.only().options.tsecr == 1010
    stamped.send(1020, payload=b"x" * 10)
    assert host.only().options.tsecr == 1020


def test_a_reset_echoes_what_caused_it(host: Host) -> None:
    """5.2: TSecr is that TSval, TSval is 0."""
    host.peer(ACK, 1, 2, options=stamps(4711, 3))
    reset = host.only()
    assert (reset.flags, reset.options.tsval, reset.options.tsecr) == (RST, 0, 4711)
    host.peer(ACK, 1, 2)
    assert host.only().options.tsval is None


def test_an_abort_carries_the_time(stamped: Stamped) -> None:
    """3.2: a reset of the connection's own."""
    stamped.host.on("setsockopt", ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0)))
    stamped.host.on("close")
    reset = stamped.host.only()
    assert reset.flags & RST
    assert reset.options.tsval == stamped.syn_ack.options.tsval


# PAWS.
def answer(host: Host) -> Segment | None:
    """The one answer to the last segment, if there was one."""
    sent = host.take()
    assert len(sent) <= 1
    return sent[0] if sent else None


@pytest.mark.parametrize("recent", [1000, 0, 5, 0xFFFFFFFF, 0x80000000])
@pytest.mark.parametrize("flags", [ACK, ACK | FIN, ACK | PSH, ACK | SYN])
def test_an_old_segment_is_acknowledged_and_dropped(host: Host, recent: int, flags: int) -> None:
    """5.3, R1: also across the wrap of the clock."""
    connection = Stamped(host, recent)
    for age in (1, 1000, 2**31 - 1):
        connection.send(recent - age, flags, payload=b"old")
        got = answer(host)
        assert got is not None
        assert (got.flags, got.ack, got.options.tsecr) == (ACK, ISN, recent)
    assert not host.tcb.received
    assert host.state() == State.ESTABLISHED


@pytest.mark.parametrize("recent", [1000, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_segment_of_the_same_time_or_later_counts(host: Host, recent: int) -> None:
    """R1 refuses what is older only."""
    connection = Stamped(host, recent)
    for step in (0, 0, 1, 2**31 - 1):
        recent += step
        connection.send(recent, ACK | PSH, payload=b"new")
        host.advance(0.5)  # The ACK goes out, and TS.Recent may follow.
    assert bytes(host.tcb.received) == b"new" * 4


def test_a_reset_counts_whatever_its_time(stamped: Stamped) -> None:
    """5.2."""
    stamped.send(1, RST | ACK)
    assert stamped.host.state() == State.CLOSED


@pytest.mark.parametrize("flags", [ACK, ACK | PSH, ACK | FIN])
def test_a_segment_without_the_option_is_dropped(stamped: Stamped, flags: int) -> None:
    """3.2: in silence, and the connection goes on."""
    host = stamped.host
    host.next(flags, payload=b"bare")
    assert answer(host) is None
    assert not host.tcb.received
    stamped.send(1001, ACK | PSH, payload=b"good")
    assert bytes(host.tcb.received) == b"good"


def test_a_reset_needs_no_option(stamped: Stamped) -> None:
    """3.2 speaks of segments without RST."""
    stamped.host.next(RST)
    assert stamped.host.state() == State.CLOSED


def test_a_syn_without_the_option_is_challenged(stamped: Stamped) -> None:
    """RFC 5961, 4: a peer that has restarted without timestamps learns of it."""
    stamped.host.next(SYN)
    got = answer(stamped.host)
    assert got is not None
    assert (got.flags, got.ack) == (ACK, ISN)


def test_only_segments_in_turn_move_ts_recent(stamped: Stamped) -> None:
    """5.3, R3: a segment ahead, one outside the window and a reset leave it."""
    host = stamped.host
    stamped.send(5000, payload=b"ahead", ahead=100)
    stamped.send(6000, payload=b"far", ahead=100_000)
    stamped.send(7000, RST, ahead=10)
    stamped.send(8000, ACK | SYN)
    host.peer(ACK, ISN, host.tcb.snd_nxt + 1000, options=stamps(9000))
    assert host.tcb.ts_recent == 1000
    stamped.send(1001, ACK | PSH, payload=b"x" * 100)
    assert bytes(host.tcb.received) == b"x" * 100 + b"ahead"


@pytest.mark.parametrize(("days", "taken"), [(23, False), (25, True)])
def test_after_24_days_any_time_counts(stamped: Stamped, days: int, taken: bool) -> None:
    """5.5: the peer's clock may have wrapped meanwhile."""
    host = stamped.host
    host.advance(days * DAY)
    stamped.send(900, ACK | PSH, payload=b"text")
    assert bool(host.tcb.received) is taken
    assert host.tcb.ts_recent == (900 if taken else 1000)


def test_an_option_that_was_not_negotiated_is_ignored(host: Host) -> None:
    """3.2: the segment counts, old or not, and its answer has no option."""
    host.establish()
    for tsval in (100, 50):
        host.peer(
            ACK | PSH, host.tcb.rcv_nxt, host.tcb.snd_nxt, payload=b"x", options=stamps(tsval)
        )
    host.advance(1)
    assert host.only().options.tsval is None
    assert bytes(host.tcb.received) == b"xx"


# Round trips.
def test_a_round_trip_is_measured_by_the_echo(stamped: Stamped) -> None:
    """4.1: also of a segment that was sent again, where Karn's rule would take no sample."""
    host = stamped.host
    host.send(b"text")
    sent = host.only()
    while host.tcb.retransmissions < 2:
        host.advance_to_timer()
    again = host.take()[-1]
    assert sent.options.tsval != again.options.tsval
    backed_off = host.tcb.rto.rto
    host.advance(0.1)
    stamped.send(1001, tsecr=again.options.tsval)
    assert backed_off == 4 * SECOND
    assert host.tcb.rto.rto == SECOND


def test_an_ack_of_nothing_new_is_no_sample(stamped: Stamped) -> None:
    """4.1: only an ACK that moves the left edge tells of a round trip."""
    host = stamped.host
    rto = host.tcb.rto
    before = rto.srtt, rto.rttvar
    host.advance(30)
    stamped.send(1001, tsecr=stamped.syn_ack.options.tsval)
    assert (rto.srtt, rto.rttvar) == before


def test_an_echo_from_the_future_is_no_sample(stamped: Stamped) -> None:
    """A TSecr that was never sent says nothing; the ACK counts."""
    host = stamped.host
    before = host.tcb.rto.srtt
    host.send(b"text")
    stamped.send(1001, tsecr=timestamps.clock(host.tcb, host.now) + 1)
    assert (host.tcb.flight, host.tcb.rto.srtt) == (0, before)


def test_many_samples_a_window_weigh_less(stamped: Stamped) -> None:
    """Appendix G: the estimate of a window of 20 segments moves as by one sample, not by ten."""
    host = stamped.host
    rto = host.tcb.rto
    for _ in range(60):
        host.send(b"x")
        host.advance(0.1)
        stamped.send(1001, tsecr=host.take()[-1].options.tsval)
    settled = rto.srtt or 0
    host.tcb.congestion.cwnd = 20 * 1448
    host.send(bytes(20 * 1448))
    sent = host.take()
    host.advance(0.2)
    for at in range(1, 20, 2):
        host.peer(
            ACK,
            ISN,
            seq.add(sent[at].seq, 1448),
            options=stamps(1001, sent[at].options.tsval or 0),
        )
    moved = (rto.srtt or 0) - settled
    one_sample = (SECOND // 5 - settled) // 8
    assert one_sample < moved < 4 * one_sample


def test_the_window_field_never_overflows(host: Host) -> None:
    """However the buffer grows, the field of a segment fits 16 bits."""
    connection = Stamped(host, extra=scale(0))
    host.option("SO_RCVBUF", 1 << 20)
    connection.send(1001, ACK | PSH, payload=bytes(100))
    host.advance(1)
    assert host.only().wnd <= 0xFFFF
    assert window.free_space(host.tcb) <= 0xFFFF


# TIME-WAIT.
@pytest.mark.parametrize(
    ("rules", "tsval", "ahead", "opens"),
    [
        ("timestamps", 1001, -5000, True),
        ("timestamps", 1000, -5000, False),
        ("timestamps", 1000, 5000, True),
        ("timestamps", 999, 5000, False),
        ("timestamps", None, 5000, True),
        ("timestamps", None, -5000, False),
        ("sequence", 1001, -5000, False),
        ("sequence", 1001, 5000, True),
        ("never", 1001, 5000, False),
    ],
)
def test_what_opens_time_wait(
    make_host: type[Host], rules: str, tsval: int | None, ahead: int, *, opens: bool
) -> None:
    """RFC 6191, section 2, and the settings that take less of it."""
    host = make_host(time_wait_reuse=rules)
    connection = Stamped(host)
    host.on("shutdown", ("name", "SHUT_WR"))
    connection.send(1000)
    connection.send(1000, FIN | ACK)
    host.take()
    old = host.tcb
    assert old.state is State.TIME_WAIT
    host.peer(SYN, old.rcv_nxt + ahead, options=MSS + (b"" if tsval is None else stamps(tsval)))
    answered = host.take()
    assert [segment.flags == SYN | ACK for segment in answered] == [opens]
    assert host.state() == (State.SYN_RECEIVED if opens else State.TIME_WAIT)
    if opens:
        assert seq.after(answered[0].seq, old.snd_nxt)


@pytest.mark.parametrize("ignores", [False, True])
def test_a_reset_in_time_wait(make_host: type[Host], *, ignores: bool) -> None:
    """RFC 9293 ends the wait, RFC 1337 does not."""
    host = make_host(time_wait_ignores_rst=ignores)
    host.reach(State.TIME_WAIT)
    host.next(RST)
    assert host.state() == (State.TIME_WAIT if ignores else State.CLOSED)
