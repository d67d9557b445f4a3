"""Getting to know a port: does it shake hands, which service is behind it, how far away is it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tcpassay.core.clock import NS_PER_MS, NS_PER_S, seconds
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Advance, Datagram, Sent
from tcpassay.targets.wire.stack import WireStack
from tcpassay.wire import (
    ACK,
    CWR,
    ECE,
    FIN,
    NOP,
    PSH,
    RST,
    SYN,
    Icmp,
    IPv4,
    IPv6,
    MaximumSegmentSize,
    Option,
    ParseError,
    SackPermitted,
    Segment,
    Timestamps,
    WindowScale,
    build,
    parse,
)
from tcpassay.wire import (
    Datagram as IpDatagram,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.wire.stack import Exchange

#: When a SYN is sent again, seconds, and when the last is given up.
_SYN_S: Final = (0.0, 1.0, 3.0)
_GIVE_UP_S: Final = 5.0
#: How long a port may take to speak first, to acknowledge text, to send it back.
_SPEAKS_S: Final = 0.3
_ACK_S: Final = 1.5
_ECHO_S: Final = 1.0
_ROUNDS: Final = 8
_TEXT: Final = b"tcpassay?\r\n"
_ISS: Final = 0x1000_0000
_OFFER: Final = (
    MaximumSegmentSize(1460),
    SackPermitted(),
    Timestamps(1000, 0),
    NOP,
    WindowScale(7),
)


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What a port has shown: its service, its slowest round trip, what it can do."""

    service: str
    rtt_ns: int
    capabilities: frozenset[str]


class _Port:
    """The target's port, and what is said when it does not behave."""

    def __init__(self, exchange: Exchange, address: str, port: int) -> None:
        self.exchange = exchange
        self.address = address
        self.port = port

    def fault(self, why: str) -> TargetUnavailableError:
        return TargetUnavailableError(f"--wire-only {self.address}:{self.port}: {why}")


def get_to_know(
    exchange: Exchange, address: str, port: int, service: str | None = None
) -> Acquaintance:
    """Shake hands, exchange text and measure; about half a second, 1.5 where text is discarded.

    `service` is what the user says it is; else it is found out. Raises TargetUnavailableError
    with one sentence on what is wrong and what to do.
    """
    at = _Port(exchange, address, port)
    with _Talk(at) as talk:
        answer = talk.open(_OFFER)
        talk.acknowledge()
        found = service or talk.find_service()
    capabilities = _agreed(answer) | ({"ipv6"} if ":" in address else set())
    if _agrees_to_ecn(at):
        capabilities.add("ecn")
    capabilities |= _challenges(at)
    rtts = [_round_trip(at) for _ in range(_ROUNDS)]
    return Acquaintance(found, max(rtts), frozenset(capabilities))


def _agreed(answer: Segment) -> set[str]:
    """What a SYN-ACK agrees to of what was offered."""
    names = {
        WindowScale: "window_scale",
        Timestamps: "timestamps",
        SackPermitted: "sack",
    }
    return {
        name for kind, name in names.items() if any(isinstance(o, kind) for o in answer.options)
    }


def _agrees_to_ecn(at: _Port) -> bool:
    """RFC 3168, 6.1.1: a SYN-ACK with ECE and without CWR."""
    with _Talk(at) as talk:
        return talk.open((), SYN | ECE | CWR).flags & (ECE | CWR) == ECE


def _challenges(at: _Port) -> set[str]:
    """RFC 5961, 4.2: a SYN on an open connection draws an ACK, and no reset.

    Where a second one right behind it draws nothing, these ACKs are rate-limited (section 7).
    """
    with _Talk(at) as talk:
        talk.open(())
        talk.acknowledge()
        for n in range(2):
            talk.send(SYN, ack=None)
            answer = talk.hear(_ECHO_S, lambda segment: not segment.payload)
            if n == 0 and (answer is None or answer.flags & RST):
                return set()
        return {"rfc5961"} if answer is not None else {"rfc5961", "challenge_ack_limit"}


def _round_trip(at: _Port) -> int:
    with _Talk(at) as talk:
        begin = talk.stack.now_ns()
        talk.open(())
        return talk.heard_ns - begin


class _Talk:
    """One connection of the tester's, ended by a reset."""

    def __init__(self, at: _Port) -> None:
        self._at = at
        self.stack = WireStack(at.exchange)
        self._port = self.stack.fresh_port()
        self._nxt = _ISS
        self._rcv_nxt = 0
        self._shift = 0
        self._tsecr: int | None = None
        self._backlog: list[Sent] = []
        self.heard_ns = 0
        self._text = b""

    def __enter__(self) -> _Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def open(self, options: tuple[Option, ...], flags: int = SYN) -> Segment:
        """SYN and SYN-ACK."""
        begin = self.stack.now_ns()
        heard: Segment | None = None
        for n, _ in enumerate(_SYN_S):
            self.send(flags, ack=None, options=options, seq=_ISS)
            until = (*_SYN_S, _GIVE_UP_S)[n + 1]
            left = until - (self.stack.now_ns() - begin) / NS_PER_S
            heard = self.hear(left, lambda segment: bool(segment.flags & (SYN | RST)))
            if heard is not None:
                break
        answer = self._syn_ack(heard)
        self._nxt = _ISS + 1
        self._rcv_nxt = (answer.seq + 1) % 2**32
        stamps = [o for o in answer.options if isinstance(o, Timestamps)]
        self._tsecr = stamps[0].tsval if stamps else None
        return answer

    def _syn_ack(self, answer: Segment | None) -> Segment:
        """The answer to the SYN; a fault that tells what to do where it opens no connection."""
        at = self._at
        if answer is None:
            raise at.fault(
                f"no answer to {len(_SYN_S)} SYNs within {_GIVE_UP_S:g} s: does the target have a "
                f"route back to {at.exchange.link.own}, and no firewall before this port?"
            )
        if answer.flags & RST:
            raise at.fault(
                "the port is closed, it answers a SYN with a reset: start an echo (7), discard (9) "
                "or chargen (19) service there, or name the port that has one"
            )
        if not answer.flags & ACK or answer.ack != _ISS + 1:
            raise at.fault(
                f"the answer to SYN {_ISS} acknowledges {answer.ack}, wanted {_ISS + 1}: "
                "no connection can be opened, so nothing can be judged"
            )
        return answer

    def acknowledge(self) -> None:
        """An ACK of all that has come."""
        self.send(ACK)

    def send(
        self,
        flags: int,
        *,
        ack: int | None = 0,
        payload: bytes = b"",
        options: tuple[Option, ...] = (),
        seq: int | None = None,
    ) -> None:
        """Send a segment; `ack` None is no ACK number."""
        if self._tsecr is not None and not flags & SYN:
            options = (NOP, NOP, Timestamps(1000, self._tsecr))
        segment = Segment(
            self._port,
            self._at.port,
            self._nxt if seq is None else seq,
            0 if ack is None else self._rcv_nxt,
            flags if ack is None else flags | ACK,
            65535,
            options=options,
            payload=payload,
        )
        own, address = self._at.exchange.link.own, self._at.address
        header = IPv6(own, address, next_header=6) if ":" in own else IPv4(own, address, protocol=6)
        outcome = self.stack.execute(Datagram(build(IpDatagram(header, segment))))
        self._backlog += [event for event in outcome.events if isinstance(event, Sent)]

    def hear(self, within_s: float, wanted: Callable[[Segment], bool]) -> Segment | None:
        """The next segment that is `wanted`, a predicate; None where none has come."""
        deadline = self.stack.now_ns() + seconds(max(0.0, within_s))
        while True:
            while self._backlog:
                sent = self._backlog.pop(0)
                segment = self._parsed(sent.octets)
                if segment is not None:
                    self._note(segment)
                    if wanted(segment):
                        self.heard_ns = sent.t_ns
                        return segment
            if self.stack.now_ns() >= deadline:
                return None
            outcome = self.stack.execute(Advance(deadline))
            self._backlog += [event for event in outcome.events if isinstance(event, Sent)]

    def _parsed(self, octets: bytes) -> Segment | None:
        try:
            body = parse(octets, strict=True).body
        except ParseError as error:
            raise self._at.fault(
                f"it sends a malformed datagram, which every case would stumble over: {error}"
            ) from None
        if isinstance(body, Icmp):
            raise self._at.fault(
                f"a host answers with ICMP type {body.type} code {body.code}: the target, or this "
                "port of it, cannot be reached"
            )
        return body if isinstance(body, Segment) else None

    def _note(self, segment: Segment) -> None:
        """Take text that comes in order, and FIN."""
        if segment.flags & SYN or segment.seq != self._rcv_nxt:
            return
        self._text += segment.payload
        self._rcv_nxt = (segment.seq + segment.seg_len) % 2**32

    def find_service(self) -> str:
        """Who speaks first is chargen, who repeats is echo, who says nothing is discard."""
        at = self._at
        if self._ended(
            self.hear(_SPEAKS_S, lambda segment: bool(segment.payload) or self._ended(segment))
        ):
            raise at.fault(_CLOSES)
        if self._has_text():
            return "chargen"
        self.send(PSH, payload=_TEXT)
        self._nxt += len(_TEXT)
        if self.hear(_ACK_S, lambda s: s.ack == self._nxt or self._ended(s)) is None:
            raise at.fault(
                "it shakes hands, but does not acknowledge text, so nothing can be judged"
            )
        if not self._has_text():
            self.hear(_ECHO_S, lambda segment: bool(segment.payload) or self._ended(segment))
        while 0 < len(self._text) < len(_TEXT):
            if self.hear(_ECHO_S, lambda segment: bool(segment.payload)) is None:
                break
        if self._text == _TEXT:
            return "echo"
        if self._has_text():
            raise at.fault(
                f"it answers {_TEXT!r} with {self._text[:20]!r}: this is no echo (7), discard (9) "
                "or chargen (19) service; name a port that is"
            )
        return "discard"

    def _has_text(self) -> bool:
        return bool(self._text)

    @staticmethod
    def _ended(segment: Segment | None) -> bool:
        return segment is not None and bool(segment.flags & (FIN | RST))


_CLOSES = (
    "it shakes hands and closes at once: wanted an echo (7), discard (9) or chargen (19) service, "
    "which leaves the closing to the peer"
)


def settle_ns(rtt_ns: int) -> int:
    """How long silence has to last to count: several round trips, and what a process waits for
    its turn on a busy machine.
    """
    return max(10 * NS_PER_MS, 4 * rtt_ns)


def jitter_ms(rtt_ns: int) -> float:
    """How late a timer's segment may come at a distance of `rtt_ns`."""
    return max(20.0, round(4 * rtt_ns / NS_PER_MS, 1))
