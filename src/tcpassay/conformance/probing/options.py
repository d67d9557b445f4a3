"""Options and algorithms: what a SYN that offers them is answered with, and what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.conformance.flights import MSS, Flight, blocks_of, offering, opened, permits_sack
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import scale_of, stamps_of
from tcpassay.conformance.probes import cookie_in, says
from tcpassay.conformance.probing.probe import Probes, demand
from tcpassay.conformance.reach import established, listener
from tcpassay.wire import (
    AE,
    CWR,
    ECE,
    SYN,
    FastOpen,
    MaximumSegmentSize,
    Timestamps,
    UnknownOption,
    WindowScale,
)

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection
    from tcpassay.wire import Option, Segment

OPTIONS: Final = Probes()
_MSS: Final = MaximumSegmentSize(1460)
_USER_TIMEOUT: Final = 28
#: The round trip that the peer plays, in seconds: far below any retransmission timer.
_ROUND_TRIP: Final = 0.1
_FLIGHT: Final = 60
_MANY: Final = 40
#: More SYNs than any queue of half-open connections takes.
_BEYOND: Final = 300
#: Octets of the largest datagram that a path with a black hole carries.
_LARGEST: Final = 1300


def answer_to(bench: Bench, *offered: Option, flags: str = "S") -> Segment:
    """The SYN,ACK of a listener to a SYN with these options."""
    listener(bench)
    conn = bench.connection()
    conn.send(flags, options=(_MSS, *offered))
    return conn.expect("SA", ack=conn.peer.snd.nxt).segment


@OPTIONS("window_scale")
def window_scale(bench: Bench) -> None:
    """A SYN offers window scale; so does the SYN,ACK."""
    demand(bench, scale_of(answer_to(bench, WindowScale(7))) is not None, "the SYN,ACK has none")


@OPTIONS("timestamps")
def timestamps(bench: Bench) -> None:
    """A SYN has timestamps; the SYN,ACK echoes them."""
    stamps = stamps_of(answer_to(bench, Timestamps(77, 0)))
    demand(bench, stamps is not None and stamps.tsecr == 77, "the SYN,ACK has no echo")


@OPTIONS("sack")
def sack(bench: Bench) -> None:
    """A SYN permits SACK; so does the SYN,ACK, and text behind a hole is reported."""
    conn = _with_sack(bench)
    first = conn.peer.snd.nxt
    conn.send(TCP(flags="PA", seq=int(first + 100)) / Raw(bytes(100)))
    blocks = blocks_of(conn.expect("A", ack=first).segment)
    bench.check(blocks, [(int(first + 100), int(first + 200))], "blocks of SACK")


@OPTIONS("dsack", beyond="sack")
def dsack(bench: Bench) -> None:
    """A segment comes twice; the second ACK reports it."""
    conn = _with_sack(bench)
    first = conn.peer.snd.nxt
    conn.send("PA", payload=bytes(100))
    conn.expect("A", ack=conn.peer.snd.nxt, within=1)
    conn.send(TCP(flags="PA", seq=int(first)) / Raw(bytes(100)))
    blocks = blocks_of(conn.expect("A", ack=conn.peer.snd.nxt).segment)
    bench.check(blocks, [(int(first), int(first + 100))], "blocks of SACK")


def _with_sack(bench: Bench) -> Connection:
    listener_ = listener(bench)
    conn = bench.connection()
    conn.send("S", options=offering(sack=True))
    demand(bench, permits_sack(conn.expect("SA").segment), "the SYN,ACK does not permit SACK")
    conn.send("A")
    conn.app = listener_.accept()
    return conn


@OPTIONS("ecn")
def ecn(bench: Bench) -> None:
    """A SYN with ECE and CWR; the SYN,ACK has ECE alone."""
    listener(bench)
    conn = bench.connection()
    conn.send("SEC")
    bench.check(says(conn.expect("SA")), "E", "ECE and CWR of the SYN,ACK")


@OPTIONS("accecn")
def accecn(bench: Bench) -> None:
    """A SYN with AE, CWR and ECE; the SYN,ACK answers in the code of accurate ECN."""
    listener(bench)
    conn = bench.connection()
    syn = conn.send("S")
    conn.drop_arrivals()
    other = bench.connection()
    other.send(syn._replace(sport=other.peer_port, flags=SYN | AE | CWR | ECE))
    flags = other.expect("SA").segment.flags & (AE | CWR | ECE)
    demand(bench, flags in {CWR, CWR | ECE, AE, AE | CWR}, "the SYN,ACK agrees to none")


@OPTIONS("fastopen", settings=("fastopen",))
def fastopen(bench: Bench) -> None:
    """A SYN asks for a cookie; the SYN,ACK of a listener with TCP_FASTOPEN gives one."""
    sock = listener(bench)
    sock.set_option("IPPROTO_TCP", "TCP_FASTOPEN", 5)
    conn = bench.connection()
    conn.send("S", options=(_MSS, FastOpen()))
    demand(bench, bool(cookie_in(conn.expect("SA"))), "the SYN,ACK has no cookie")


@OPTIONS("uto", settings=("user_timeout_option",), required=True)
def uto(bench: Bench) -> None:
    """With the option enabled; the SYN,ACK advertises a user time-out."""
    answer = answer_to(bench, UnknownOption(_USER_TIMEOUT, b"\0\x1e"))
    kinds = [option.kind for option in answer.options if isinstance(option, UnknownOption)]
    demand(bench, _USER_TIMEOUT in kinds, "the SYN,ACK has none")


@OPTIONS("rfc5961")
def rfc5961(bench: Bench) -> None:
    """A reset inside the window and not at its edge; a challenge ACK, and the connection lives."""
    conn = established(bench)
    conn.send("R", seq=int(conn.peer.snd.nxt + 10))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@OPTIONS("challenge_ack_limit", beyond="rfc5961")
def challenge_ack_limit(bench: Bench) -> None:
    """Forty SYNs into a connection; the first draw challenge ACKs, later ones nothing."""
    conn = established(bench)
    answers = 0
    for _ in range(_MANY):
        conn.send("S", seq=int(conn.peer.snd.nxt + 10))
        answers += len(conn.drop_arrivals())
    demand(bench, 0 < answers < _MANY, f"{answers} of {_MANY} are answered")


@OPTIONS("congestion_control")
def congestion_control(bench: Bench) -> None:
    """More text than the initial window; it goes out by and by though the peer's window is wide."""
    flight = Flight(opened(bench, offering()), _FLIGHT)
    first = flight.initial()
    demand(bench, first < _FLIGHT, f"all {_FLIGHT} segments come at once")
    more = flight.ack_each(0, first)
    demand(bench, len(more) > first, f"{len(more)} segments for {first} ACKs, wanted more")


@OPTIONS("rack", beyond="sack", settings=("rto_min_1s", "no_tail_loss_probe"))
def rack(bench: Bench) -> None:
    """Two segments, only the second is reported; the first goes again before any time-out."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S", options=offering(sack=True))
    conn.expect("SA")
    bench.wait(_ROUND_TRIP)
    conn.send("A")
    conn.app = sock.accept()
    first = int(conn.target.snd.nxt)
    conn.app.send(bytes(2 * MSS))
    bench.wait(_ROUND_TRIP)
    came = [arrival.segment for arrival in conn.drop_arrivals()]
    demand(bench, len(came) > 1 and came[-1].seq != first, "no two segments come at once")
    edges = came[-1].seq, came[-1].seq + len(came[-1].payload)
    sack = [("NOP", None), ("NOP", None), ("SAck", edges)]
    conn.send(TCP(flags="A", ack=first, options=sack))
    bench.wait(_ROUND_TRIP)
    again = [arrival.segment.seq for arrival in conn.drop_arrivals()]
    demand(bench, first in again, "the first does not come again in time")


@OPTIONS("plpmtud", settings=("black_hole_detection",), required=True)
def plpmtud(bench: Bench) -> None:
    """What is larger than 1300 octets is lost and nobody says so; smaller segments come."""
    conn = established(bench, mss=bench.manifest.limits.mtu - (40 if bench.ip == 4 else 60))
    first = int(conn.target.snd.nxt)
    conn.app.send(bytes(3000))

    def smaller() -> bool:
        came = conn.drop_arrivals()
        return any(each.segment.seq == first and len(each.octets) <= _LARGEST for each in came)

    found = bench.wait_until(smaller, 60 if bench.virtual else 8)
    demand(bench, found, "the first segment never comes smaller")


@OPTIONS("syn_cookies", settings=("syn_cookies_always",))
def syn_cookies(bench: Bench) -> None:
    """SYNs far beyond the queue of a listener; each is answered, the last once and for all."""
    listener(bench, 1)
    for _ in range(_BEYOND):
        conn = bench.connection()
        conn.send("S")
        conn.expect("SA")
    conn.expect_silence(4 if bench.virtual else 1.5)


@OPTIONS(
    "syn_cookie_options", settings=("syn_cookies_always",), required=True, beyond="syn_cookies"
)
def syn_cookie_options(bench: Bench) -> None:
    """A SYN with timestamps and window scale answered by cookie; the SYN,ACK has both."""
    answer = answer_to(bench, Timestamps(77, 0), WindowScale(7))
    demand(bench, stamps_of(answer) is not None, "the SYN,ACK has no timestamps")
    demand(bench, scale_of(answer) is not None, "the SYN,ACK has no window scale")
