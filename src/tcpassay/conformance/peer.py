"""The peer: our end of a connection. It crafts segments and says what must come back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance import craft
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.numbers import Numbers
from tcpassay.conformance.outcome import Unsupported
from tcpassay.conformance.repeats import SentText
from tcpassay.conformance.served import READING, SENDING, SETTINGS, ServedSocket, Speech, refuse
from tcpassay.core.clock import seconds
from tcpassay.core.events import Datagram as DatagramCommand
from tcpassay.core.seq import Seq
from tcpassay.core.trace import Judgement
from tcpassay.wire import ACK, FIN, NOP, RST, SYN, Segment, Timestamps, flags_text, parse

if TYPE_CHECKING:
    from scapy.packet import Packet

    from tcpassay.conformance.app import Socket
    from tcpassay.conformance.bench import Bench, Flow
    from tcpassay.conformance.match import Number, OptionValue, Payload
    from tcpassay.core.trace import Entry
    from tcpassay.wire import Datagram, Option

PEER_WINDOW = 65535
PEER_MSS = 1460
#: Octets that an echo is told at once, which any stack takes in one segment (RFC 9293, 3.7.1).
LONGEST_PROMPT = 500


class Arrival(NamedTuple):
    """A datagram that the stack sent: trace entry `n`, stamped `t_ns`."""

    n: int
    t_ns: int
    octets: bytes
    datagram: Datagram

    @property
    def segment(self) -> Segment:
        """The TCP segment; raises TypeError where the datagram carries something else."""
        body = self.datagram.body
        if not isinstance(body, Segment):
            msg = "this datagram carries no TCP segment"
            raise TypeError(msg)
        return body

    def scapy(self) -> Packet:
        """The datagram as a Scapy packet."""
        from tcpassay.wire import scapy_edge

        return scapy_edge.to_scapy(self.octets)


class Connection:
    """One connection, seen from the peer.

    `peer` and `target` hold RFC 9293's variables of the two ends as the wire shows them:
    `conn.peer.snd.nxt`, `conn.target.rcv.nxt`. `app` is the target's socket for it, once known.
    """

    def __init__(self, bench: Bench, flow: Flow, iss: int) -> None:
        self.bench = bench
        self.peer_address, self.peer_port, self.address, self.port = flow
        self.numbers = Numbers(iss)
        self.peer, self.target = self.numbers.peer, self.numbers.target
        self.window = PEER_WINDOW
        self.last_sent: Segment | None = None
        self.last_arrival: Arrival | None = None
        self._socket: Socket | None = None
        self._inbox: deque[Arrival] = deque()
        self._sent_text = SentText()
        self._window_seen = -1
        self._emitted = 0
        #: What a port without an agent says of itself; None where the case has an app.
        self._speech = Speech() if bench.served is not None else None

    @property
    def flow(self) -> tuple[str, int, str, int]:
        """The tuple from the stack's point of view: local and remote address and port."""
        return (self.address, self.port, self.peer_address, self.peer_port)

    @property
    def app(self) -> Socket:
        """The target's socket of this connection; raises LookupError before there is one."""
        if self._socket is None:
            msg = "the connection has no socket on the target's side yet"
            raise LookupError(msg)
        return self._socket

    @app.setter
    def app(self, socket: Socket) -> None:
        self._socket = socket
        if isinstance(socket, ServedSocket):
            socket.conn = self

    # -- sending ---------------------------------------------------------------------------------

    def send(
        self,
        what: str | Segment | Packet = "A",
        *,
        seq: int | None = None,
        ack: int | None = None,
        payload: bytes = b"",
        window: int | None = None,
        urgent: int = 0,
        options: tuple[Option, ...] = (),
    ) -> Segment:
        """Send one segment to the target and return it with its numbers.

        `what` is flags in Scapy's letters, a Segment sent as it is, or a Scapy packet whose unset
        fields are filled in. Left out, `seq` is `peer.snd.nxt`, which then moves over the
        segment; a number given moves nothing. `ack` is `peer.rcv.nxt` where ACK is set.
        """
        if isinstance(what, str):
            segment = craft.segment(
                self,
                what,
                seq=seq,
                ack=ack,
                payload=payload,
                window=window,
                urgent=urgent,
                options=options,
            )
            advance = seq is None
            octets = craft.datagram(self, segment)
        elif isinstance(what, Segment):
            segment, advance, octets = what, False, craft.datagram(self, what)
        else:
            octets, advance = craft.from_scapy(self, what)
            body = parse(octets).body
            if not isinstance(body, Segment):
                self.bench.send_octets(octets)
                return self.last_sent or craft.segment(self, "A")
            segment = body
        if advance and not segment.flags & RST:
            self.peer.snd.nxt = self.peer.snd.nxt + segment.seg_len
        self._emit(segment, octets)
        return segment

    def send_octets(self, octets: bytes) -> None:
        """Send a datagram of this connection octet by octet; no number of the peer moves."""
        body = parse(octets).body
        if isinstance(body, Segment):
            self._emit(body, octets)
        else:
            self.bench.send_octets(octets)

    def _emit(self, segment: Segment, octets: bytes) -> None:
        self.numbers.sent(segment)
        self.last_sent = segment
        if self._speech is not None:
            self._speech.peer_sends(segment, self.peer.snd.nxt)
        self._emitted = len(self.bench.trace)
        self.bench.execute(DatagramCommand(octets))

    def send_icmp(
        self, message: Packet, quoting: Segment | Arrival | None = None, octets: int = 28
    ) -> None:
        """Send an ICMP message about a segment of the target (default: the last that came).

        `message` is a Scapy ICMP layer; `octets` of the datagram are quoted behind it.
        """
        self.bench.send_octets(craft.icmp(self, message, quoting, octets))

    # -- receiving -------------------------------------------------------------------------------

    def claim(self, arrival: Arrival) -> None:
        """Count a segment as seen: from now on the variables of both ends include it."""
        segment = arrival.segment
        self.numbers.arrived(segment)
        self._sent_text.take(segment, self.target.iss)
        self._window_seen = segment.window
        self.last_arrival = arrival

    def deliver(self, arrival: Arrival) -> None:
        """A segment of the target has arrived; it waits until the case expects something."""
        heard = arrival if self._speech is None else self._speech.heard(self.numbers, arrival)
        if heard is not None:
            self._inbox.append(heard)

    def have_said(self, data: bytes) -> None:
        """Tell an echo `data`, so that the target sends it; no more is acknowledged than before."""
        speech, last = self._speech, self.last_sent
        why = f"the echo cannot be had to say {len(data)} octets now"
        if speech is None or last is None or not speech.can_be_asked:
            refuse(SENDING, why)
        if not 0 < len(data) <= LONGEST_PROMPT or self.target.rcv.nxt.after(self.peer.snd.nxt):
            refuse(SENDING, why)
        stamps = [option for option in last.options if isinstance(option, Timestamps)]
        speech.ask(len(data), self.peer.snd.nxt + len(data))
        self.send(
            "PA",
            ack=int(speech.covers(self.target.snd.una)),
            window=speech.window,
            payload=data,
            options=(NOP, NOP, stamps[0]) if stamps else (),
        )

    def read_echo(self, length: int, least: int, within: float) -> bytes:
        """Up to `length` octets that a service has sent back, `least` of them within so many s."""
        speech = self._speech
        if speech is None:
            return b""
        wanted = min(length, least)
        self.bench.wait_until(lambda: len(speech.unread) >= wanted or speech.holds_fin, within)
        got = bytes(speech.unread[:length])
        if len(got) < wanted and not speech.window:
            refuse(READING, "nothing comes back while the peer's window is closed")
        del speech.unread[:length]
        return got

    @property
    def interrupted(self) -> bool:
        """Whether a service without an agent has spoken of itself."""
        return self._speech is not None and self._speech.spoken

    @property
    def peer_has_closed(self) -> bool:
        """Whether a service without an agent has the peer's FIN to close after."""
        return self._speech is not None and self._speech.closed

    def await_service_close(self, within: float = 1.0) -> None:
        """The FIN that the service sends by itself after the peer's counts from now on."""
        speech = self._speech
        if speech is None:
            return
        self.bench.wait_until(lambda: speech.holds_fin, within + self.bench.tolerance_s)
        arrival = speech.released()
        if arrival is not None:
            self._inbox.append(arrival)

    def expect(
        self,
        flags: str | None = None,
        *,
        seq: Number = ANY,
        ack: Number = ANY,
        window: Number = ANY,
        urgent: Number = ANY,
        payload: Payload = b"",
        mss: OptionValue = ANY,
        scale: OptionValue = ANY,
        tsecr: OptionValue = ANY,
        after: float = 0.0,
        within: float = 1.0,
        since: Arrival | Entry | None = None,
        requirement: str | None = None,
    ) -> Arrival:
        """The next segment of the target has to look like this, `after` to `within` s from now.

        `since` counts both times from an earlier arrival or trace entry instead. Both are judged
        by the segment's stamp, and by no more than the target's jitter.
        Fields left out are not looked at, but a payload is none unless given (octets, a number of
        octets, or ANY). What the target may send at any time is passed over, unless that is what
        is wanted: a repetition of what it has sent, octet for octet; a window update that no
        segment of the peer has called for; a bare ACK of octets that the peer has sent.
        """
        pattern = Pattern(
            flags,
            seq,
            ack,
            window,
            urgent,
            payload,
            mss,
            scale,
            tsecr,
        )
        return self.expect_one_of(
            pattern, after=after, within=within, since=since, requirement=requirement
        )[1]

    def expect_one_of(
        self,
        *patterns: Pattern,
        after: float = 0.0,
        within: float = 1.0,
        since: Arrival | Entry | None = None,
        requirement: str | None = None,
    ) -> tuple[int, Arrival]:
        """The next segment has to match one of the patterns; which, and the segment."""
        longest = self.bench.manifest.limits.mss
        if all(pattern.octets > longest for pattern in patterns):
            msg = f"{patterns[0].octets} octets in a segment: its own have {longest} (limits.mss)"
            raise Unsupported(msg)
        start, since_n = self.bench.moment(since)
        arrival = self._next(patterns, self.bench.left(start, within))
        want: dict[str, object] = {
            "conn": self.flow,
            "any": [p.as_want() for p in patterns],
            "after": after,
            "within": within,
            "since": since_n,
        }
        judge = self.bench.judge
        wanted = " or ".join(str(pattern) for pattern in patterns)
        if arrival is None:
            self._excuse_silence(patterns)
            judge(
                "segment",
                want,
                met=False,
                requirement=requirement,
                message=f"wanted {wanted} within {within:g} s, nothing came",
            )
            raise AssertionError  # pragma: no cover - judge has raised
        which = self._match(patterns, arrival.segment)
        if which is None:
            levelled, segment = self._levelled(patterns, arrival.segment)
            diff = min((p.diff(segment) for p in levelled), key=len)
            judge(
                "segment",
                want,
                met=False,
                requirement=requirement,
                event=arrival.n,
                diff=diff,
                message=f"wanted {wanted}, got {_brief(arrival.segment)}",
            )
        untimely = self.bench.untimely(arrival.t_ns - start, after, within)
        judge(
            "segment",
            want,
            met=not untimely,
            requirement=requirement,
            event=arrival.n,
            diff=untimely,
            message="".join(f"came after {d.got}, wanted {d.want}" for d in untimely),
        )
        return which or 0, arrival

    def _excuse_silence(self, patterns: tuple[Pattern, ...]) -> None:
        """A port that limits its challenge ACKs may keep back one that acknowledges nothing new.

        RFC 5961, section 7. With an agent, a setting lifts the limit.
        """
        if self._speech is None or not self.bench.has("challenge_ack_limit"):
            return
        known = int(self.target.rcv.nxt)
        if any(p.flags == "A" and p.ack == known and p.payload == b"" for p in patterns):
            refuse(SETTINGS, "the target limits its challenge ACKs, which a stack may")

    def expect_silence(
        self,
        duration: float = 0.0,
        *,
        repeats: bool = False,
        requirement: str | None = None,
    ) -> None:
        """Nothing may come: now (before the stack is idle), or within `duration` seconds.

        Judged by stamps. What comes to a flow that nobody has claimed, since the peer last sent
        on this one, breaks it too: a wrong answer with a wrong port. `repeats` lets
        retransmissions of what was sent before pass.
        """
        bench = self.bench
        offending: list[Arrival] = []
        end_ns = bench.now_ns + seconds(duration + bench.tolerance_s)

        def disturbed() -> bool:
            while self._inbox and not offending and self._inbox[0].t_ns <= end_ns:
                arrival = self._inbox.popleft()
                if not self._passes(arrival, repeats=repeats):
                    offending.append(arrival)
                self.claim(arrival)
            offending.extend(bench.wrong_ways(self._emitted))
            return bool(offending)

        bench.wait_until(disturbed, duration)
        arrival = offending[0] if offending else None
        want: dict[str, object] = {"conn": self.flow, "for": duration, "repeats": repeats}
        span = f" for {duration:g} s" if duration else ""
        bench.judge(
            "silence",
            want,
            met=arrival is None,
            requirement=requirement,
            event=arrival.n if arrival else None,
            message=f"wanted silence{span}, got {_brief(arrival.segment)}" if arrival else "",
        )

    def expect_state(
        self, *states: str, within: float = 0.0, requirement: str | None = None
    ) -> None:
        """The target has to be in one of these states, now or within `within` seconds.

        A target without the capability `state_probe` is not asked, which the trace notes.
        """
        if not self.bench.has("state_probe"):
            self.bench.leave_state(states)
            return
        deadline = self.bench.now_ns + seconds(within)
        got = self.state()
        while got not in states and self.bench.now_ns < deadline:
            self.bench.wait(min(0.01, within))
            got = self.state()
        self.bench.judge(
            "state",
            {"conn": self.flow, "states": list(states)},
            met=got in states,
            requirement=requirement,
            message=f"state is {got}, wanted {' or '.join(states)}",
        )

    def state(self) -> str:
        """The target's state of this connection, in the spelling of RFC 9293."""
        return self.bench.read_state((self.address, self.port), (self.peer_address, self.peer_port))

    def unasked(self) -> str:
        """The first segment that waits and that `expect` would not pass over; empty for none."""
        for arrival in self._inbox:
            if not (self._passes(arrival, repeats=True) or self._acknowledges(arrival.segment)):
                return _brief(arrival.segment)
        return ""

    def answers(self) -> list[Segment]:
        """What has arrived, but for what a timer may bring at any moment.

        That is text, FIN or SYN sent again, and a window update that no segment called for.
        """
        taken = []
        while self._inbox:
            arrival = self._inbox.popleft()
            if not self._passes(arrival, repeats=True) or self._answers(arrival):
                taken.append(arrival.segment)
            self.claim(arrival)
        return taken

    def _answers(self, arrival: Arrival) -> bool:
        """Whether a repetition is an answer all the same: an ACK or SYN,ACK asked for."""
        segment = arrival.segment
        answer = not segment.seg_len or segment.flags & (SYN | ACK) == SYN | ACK
        return answer and self.bench.answers_datagram(arrival.n)

    def has_arrivals(self) -> bool:
        """Whether anything has arrived that the case has not taken."""
        return bool(self._inbox)

    def drop_arrivals(self, until_ns: int | None = None) -> list[Arrival]:
        """Take whatever has arrived and was not expected; for cases that judge in bulk.

        What is stamped later than `until_ns` stays: a tester that looks late sees no more by it.
        """
        taken = [each for each in self._inbox if until_ns is None or each.t_ns <= until_ns]
        self._inbox = deque(list(self._inbox)[len(taken) :])
        for arrival in taken:
            self.claim(arrival)
        drop = Judgement("drop", {"conn": self.flow}, met=True, requirement="")
        self.bench.trace.append(self.bench.now_ns, "expect", drop)
        return taken

    def _next(self, patterns: tuple[Pattern, ...], within: float) -> Arrival | None:
        found: list[Arrival] = []

        def take() -> bool:
            while self._inbox and not found:
                arrival = self._inbox.popleft()
                wanted = self._match(patterns, arrival.segment) is not None
                if wanted or not (
                    self._passes(arrival, repeats=True) or self._acknowledges(arrival.segment)
                ):
                    found.append(arrival)
                self.claim(arrival)
            return bool(found)

        self.bench.wait_until(take, within)
        return found[0] if found else None

    def _match(self, patterns: tuple[Pattern, ...], segment: Segment) -> int | None:
        levelled, segment = self._levelled(patterns, segment)
        for index, pattern in enumerate(levelled):
            if pattern.matches(segment):
                return index
        return None

    def _levelled(
        self, patterns: tuple[Pattern, ...], segment: Segment
    ) -> tuple[tuple[Pattern, ...], Segment]:
        """What is compared: as it is where no service speaks between the case's segments."""
        return (
            (patterns, segment)
            if self._speech is None
            else self._speech.levelled(patterns, segment)
        )

    def _passes(self, arrival: Arrival, *, repeats: bool) -> bool:
        """Whether a segment is the target's own business: a window update, or a repetition."""
        segment = arrival.segment
        if not self.numbers.heard or segment.flags & RST or not self._may_acknowledge(segment):
            return False
        if not segment.seg_len:
            return self._opens_window(segment) and not self.bench.answers_datagram(arrival.n)
        end = Seq(segment.seq) + segment.seg_len
        if not repeats or end.after(self.target.snd.nxt):
            return False
        return self._sent_text.holds(segment, self.target.iss, self.target.snd.una)

    def _acknowledges(self, segment: Segment) -> bool:
        """A bare ACK of octets not acknowledged before: it may come at any time."""
        return (
            segment.flags & (SYN | FIN | RST | ACK) == ACK
            and not segment.payload
            and not Seq(segment.seq).after(self.target.snd.nxt)
            and Seq(segment.ack).after(self.target.rcv.nxt)
            and self._may_acknowledge(segment)
        )

    def _may_acknowledge(self, segment: Segment) -> bool:
        """Whether a segment acknowledges nothing that the peer has not sent."""
        return not (segment.flags & ACK and Seq(segment.ack).after(self.numbers.peer_sent_up_to))

    def _opens_window(self, segment: Segment) -> bool:
        return (
            segment.flags & (SYN | FIN | RST | ACK) == ACK
            and segment.seq == self.target.snd.nxt
            and segment.ack == self.target.rcv.nxt
            and segment.window > self._window_seen
        )


def _brief(segment: Segment) -> str:
    text = f"{flags_text(segment.flags) or 'no flags'} seq={segment.seq}"
    if segment.flags & ACK:
        text += f" ack={segment.ack}"
    return f"{text} with {len(segment.payload)} octets" if segment.payload else text
