"""The bench: peer, app, link, clock and trace around one fresh stack. What a case receives."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, SupportsIndex, overload

from tcpassay.conformance import served
from tcpassay.conformance.app import App, Pending
from tcpassay.conformance.outcome import ExpectationFailed, Inconclusive, Unsupported
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.single_shot import OneAtATime
from tcpassay.core import events
from tcpassay.core.clock import NS_PER_S, seconds
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import FieldDiff, Judgement, Trace
from tcpassay.wire import ACK, SYN, Icmp, ParseError, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.core.trace import Entry
    from tcpassay.targets.contract import Stack
    from tcpassay.targets.manifest import Manifest

Flow = tuple[str, int, str, int]

_COMMANDS = frozenset(
    {"send", "call", "cancel", "advance", "read-state", "read-stats", "spawn", "kill"}
)

FIRST_PEER_PORT = 40001
LISTEN_PORT = 8080
#: What a judgement that a datagram is not well-formed names as its expectation.
WELL_FORMED = "well-formed"
#: The entries that bind the form of every segment, by words of the field that breaks them.
FORMS = {
    "checksum": "RFC9293:MUST-2",
    "reserved bits": "RFC9293:3.1-RSRVD-TX",
    "option padding": "RFC9293:MUST-69",
    "length of TCP option": "RFC9293:MUST-68",
    "length of TCP option 5": "RFC2018:3-FORMAT",
    "length of TCP option 34": "RFC7413:4.1.1-FORMAT",
}


class Bench:
    """Drives one stack, records everything in one trace, and judges.

    `requirements` are the ids that the case may judge; the first is what an expectation is bound
    to where it names none. Times given to methods are seconds of the stack's clock.
    """

    def __init__(
        self,
        manifest: Manifest,
        stack: Stack,
        trace: Trace,
        *,
        requirements: tuple[str, ...],
        ip: int = 4,
        own_process: bool = False,
    ) -> None:
        addresses = manifest.needed_addresses(ip)
        self.manifest = manifest
        #: The port that is all there is to a target without an agent; else None.
        self.served = manifest.served
        self.listen_port = LISTEN_PORT if self.served is None else self.served.port
        self.trace = trace
        self.requirements = requirements
        self.ip = ip
        self.stack_addresses: tuple[str, ...] = _Ours(manifest.own_addresses(ip, trace.settings))
        self.stack_address = addresses.stack[0]
        self.peer_address = addresses.peer
        self.any_address = "0.0.0.0" if ip == 4 else "::"  # noqa: S104 - bound inside the target
        self.app = App(self, 1 if own_process else 0)
        self.strays: deque[Arrival] = deque()
        #: ICMP messages of the target's, in order; nobody takes them away.
        self.icmp: list[Arrival] = []
        self.signals: list[events.Signalled] = []
        self.exits: list[events.Exited] = []
        self.measured: dict[str, float | int | str] = {}
        self._stack = stack
        self._connections: dict[Flow, Connection] = {}
        self._calls: dict[int, Pending] = {}
        #: Whether a peer's port given by number is that port on any stack.
        self.ports_are_meant = self.served is None
        self._stand_ins: dict[int, int] = {}
        self._next_call = 0
        self._next_port = FIRST_PEER_PORT
        self._reaching = 0
        self._told_something = False
        #: Connections that a service is taken to have accepted, until text proves it.
        self.accepted: list[served.ServedSocket] = []
        self._answer: events.StateRead | events.StatsRead | None = None
        single = manifest.limits.listen == "single_shot"
        self._one_at_a_time = OneAtATime() if single else None

    # -- time ------------------------------------------------------------------------------------

    @property
    def virtual(self) -> bool:
        """Whether the stack's clock is ours to move."""
        return self._stack.clock_kind == "virtual"

    @property
    def now_ns(self) -> int:
        """The stack's clock, nanoseconds."""
        return self._stack.now_ns()

    @property
    def tolerance_s(self) -> float:
        """How late a timer of the target may fire: what its manifest declares as jitter."""
        return self.manifest.limits.jitter_ms / 1000

    def wait(self, duration_s: float) -> None:
        """Let `duration_s` pass; what arrives meanwhile waits to be expected."""
        self.wait_until(lambda: False, duration_s)

    def wait_until(self, done: Callable[[], bool], within_s: float) -> bool:
        """Let time pass until `done()` holds, at most `within_s`; whether it held."""
        deadline = self.now_ns + seconds(within_s)
        while not done():
            if self.now_ns >= deadline:
                return done()
            self.execute(events.Advance(deadline))
        return True

    def left(self, start_ns: int, within_s: float) -> float:
        """Seconds from now to `within_s` (and the target's jitter) after `start_ns`."""
        return (start_ns - self.now_ns) / NS_PER_S + within_s + self.tolerance_s

    def untimely(self, waited_ns: int, after_s: float, within_s: float) -> tuple[FieldDiff, ...]:
        """How what came `waited_ns` after its start misses `after_s` to `within_s`, if it does."""
        waited_s = waited_ns / NS_PER_S
        if after_s > 0 and waited_s < after_s - self.tolerance_s:
            return (FieldDiff("after", f"{waited_s:.3f} s", f"{after_s:g} s or later"),)
        if waited_ns > seconds(within_s + self.tolerance_s):
            return (FieldDiff("within", f"{waited_s:.3f} s", f"{within_s:g} s or sooner"),)
        return ()

    def moment(self, since: Arrival | Entry | None = None) -> tuple[int, int]:
        """When an expectation counts from, and the trace entry that stands for it."""
        if since is not None:
            return since.t_ns, since.n
        return self.now_ns, len(self.trace) - 1

    # -- commands --------------------------------------------------------------------------------

    def execute(self, command: events.Command) -> events.Idle:
        """Give the stack one command; record it and all that came of it."""
        if self.served is not None and isinstance(command, events.Datagram):
            served.check_size(command.octets, self.manifest.limits.mtu)
        if self._one_at_a_time is not None:
            self._one_at_a_time.before(command)
        self._record(command)
        outcome = self._stack.execute(command)
        malformed: ExpectationFailed | None = None
        for event in outcome.events:
            malformed = self._take(event) or malformed
        if self._one_at_a_time is not None:
            self._arm_again(self._one_at_a_time, outcome.events)
        if malformed is not None:
            raise malformed
        return outcome.idle

    def _arm_again(self, listeners: OneAtATime, told: list[events.StackEvent]) -> None:
        """A single-shot listener whose connection was accepted listens again."""
        listeners.after(told)
        while listeners.spent:
            process, fd = listeners.spent.pop()
            self.start_call(process, "listen", (("fd", fd), ("length", served.BACKLOG)))

    def send_octets(self, octets: bytes) -> None:
        """Hand one IP datagram to the stack as it is."""
        self.execute(events.Datagram(octets))

    def start_call(self, process: int, name: str, args: tuple[events.Tagged, ...]) -> Pending:
        """Begin a socket call on the target's side."""
        if self.served is not None:
            served.refuse_call(name)
        self._next_call += 1
        call = events.Call(self._next_call, process, name, args)
        pending = self._calls[call.id] = Pending(self, call)
        self.execute(events.StartCall(call))
        return pending

    def read_state(self, local: tuple[str, int], remote: tuple[str, int] | None) -> str:
        """The state of a connection in the spelling of RFC 9293; "CLOSED" where there is none."""
        self._refuse_reading("the state")
        self._answer = None
        self.execute(events.ReadState(local, remote))
        return self._answer.state if isinstance(self._answer, events.StateRead) else "UNKNOWN"

    def read_stats(self) -> dict[str, int]:
        """The stack's counters."""
        self._refuse_reading("the counters")
        self._answer = None
        self.execute(events.ReadStats())
        return self._answer.numbers if isinstance(self._answer, events.StatsRead) else {}

    def spawn(self, process: int, *, fork_of: int | None = None, user: int | None = None) -> App:
        """Start a process on the target's side and return its app."""
        if self.served is not None:
            served.refuse(served.CALLS, "the case starts a process")
        self.execute(events.Spawn(process, fork_of, user))
        return App(self, process)

    def kill(self, process: int, signal: str = "SIGKILL") -> None:
        """End a process on the target's side."""
        self.execute(events.Kill(process, signal))

    def _refuse_reading(self, what: str) -> None:
        if self.served is not None:
            served.refuse(served.STATE, f"nobody tells {what}")

    # -- peer ------------------------------------------------------------------------------------

    def has(self, capability: str) -> bool:
        """Whether the target's manifest declares a capability."""
        return capability in self.manifest.capabilities

    def need(self, capability: str) -> None:
        """What the rest of the case needs; raises Unsupported where it is not declared."""
        if not self.has(capability):
            msg = f"the manifest of {self.manifest.name} does not declare {capability!r}"
            raise Unsupported(msg)

    def connection(
        self,
        *,
        peer_port: int | None = None,
        port: int | None = None,
        peer_address: str | None = None,
        address: str | None = None,
        iss: int | None = None,
    ) -> Connection:
        """A connection seen from the peer, before any segment; takes over the flow it names.

        `port` left out is the one that listens.
        """
        if self.served is not None and peer_address not in {None, self.peer_address}:
            served.refuse(served.ADDRESSES, "the target knows no way to a second peer")
        flow = (
            peer_address or self.peer_address,
            self._fresh_port() if peer_port is None else self._port_meant(peer_port),
            address or self.stack_address,
            self.listen_port if port is None else port,
        )
        peer_port = flow[1]
        conn = Connection(
            self, flow, 0x1000_0000 + 0x0100_0001 * (peer_port % 97) if iss is None else iss
        )
        self._connections[flow] = conn
        for stray in [stray for stray in self.strays if _flow_of(stray) == flow]:
            self.strays.remove(stray)
            conn.deliver(stray)
        return conn

    def _port_meant(self, number: int) -> int:
        """A peer's port by number; on a stack that outlives the case, one that stands for it."""
        if self.ports_are_meant or any(number - flow[1] in (0, 1) for flow in self._connections):
            return number
        if number not in self._stand_ins:
            self._stand_ins[number] = self._fresh_port()
        return self._stand_ins[number]

    def _fresh_port(self) -> int:
        """A port of the peer's from which the stack knows nothing."""
        fresh = getattr(self._stack, "fresh_port", None)
        if callable(fresh):
            return int(fresh())
        self._next_port += 1
        return self._next_port - 1

    def connection_at(self, flow: Flow) -> Connection | None:
        """The connection on a tuple (local and remote as the stack sees them), if there is one."""
        local, port, remote, remote_port = flow
        return self._connections.get((remote, remote_port, local, port))

    def expect_syn(self, *, within: float = 1.0, requirement: str | None = None) -> Connection:
        """The target opens a connection: the next SYN to a flow that nobody has claimed yet."""
        self.wait_until(lambda: self._stray_syn() is not None, within + self.tolerance_s)
        arrival = self._stray_syn()
        if arrival is None:
            self.judge(
                "segment",
                {"flags": "S"},
                met=False,
                requirement=requirement,
                message=f"wanted a SYN within {within:g} s, nothing came",
            )
            raise AssertionError  # pragma: no cover - judge has raised
        self.strays.remove(arrival)
        peer_address, peer_port, address, port = _flow_of(arrival)
        conn = self.connection(
            peer_port=peer_port, port=port, peer_address=peer_address, address=address
        )
        conn.claim(arrival)
        self.judge(
            "segment",
            {"flags": "S", "conn": conn.flow},
            met=True,
            requirement=requirement,
            event=arrival.n,
        )
        return conn

    def wrong_ways(self, since: int) -> list[Arrival]:
        """Segments to flows that nobody has claimed, from trace entry `since` on, but SYNs."""
        return [stray for stray in self.strays if stray.n >= since and not _opens(stray.segment)]

    def answers_datagram(self, n: int) -> bool:
        """Whether entry `n` came in the very step of a datagram of the peer's."""
        entries = self.trace.entries
        while (n := n - 1) >= 0:
            if entries[n].kind in _COMMANDS:
                return entries[n].kind == "send"
        return False

    def _stray_syn(self) -> Arrival | None:
        return next((stray for stray in self.strays if _opens(stray.segment)), None)

    # -- judging ---------------------------------------------------------------------------------

    @contextmanager
    def reaching(self, state: str, *, whole: bool = True) -> Iterator[None]:
        """While set-up goes on: what fails here makes the case inconclusive, not the target.

        So does what the target sent besides, which a later expectation could take for an answer.
        `whole` False: only a part of the set-up, so that a later part may look for it.
        """
        self._reaching += 1
        try:
            yield
            if whole and self._reaching == 1:
                self._refuse_leftovers(state)
        except ExpectationFailed as failure:
            if self._reaching > 1:
                raise
            msg = f"{state} could not be reached: {failure}"
            raise Inconclusive(msg) from failure
        finally:
            self._reaching -= 1

    def only_connection(self) -> Connection | None:
        """The one connection that the target has answered on; None where there are several."""
        heard = [conn for conn in self._connections.values() if conn.numbers.heard]
        return heard[0] if len(heard) == 1 else None

    def end(self) -> None:
        """The case has returned; what it took for granted has to have been shown."""
        if any(not made.proved for made in self.accepted):
            served.refuse_call("accept")

    def needs_silent_app(self, what: str) -> None:
        """The case wants an application that does what no service behind a port does."""
        if self.served is not None:
            served.refuse(served.READING, f"the case wants an application that {what}")

    @property
    def is_reaching(self) -> bool:
        """Whether set-up goes on, so that nothing is judged."""
        return self._reaching > 0

    def _refuse_leftovers(self, state: str) -> None:
        for conn in self._connections.values():
            told = conn.unasked()
            if told:
                msg = f"{state} could not be reached: the target also sent {told}"
                raise Inconclusive(msg)

    def judge(
        self,
        what: str,
        want: dict[str, object],
        *,
        met: bool,
        requirement: str | None = None,
        event: int | None = None,
        message: str = "",
        diff: tuple[FieldDiff, ...] = (),
    ) -> None:
        """Record one expectation; raises ExpectationFailed when it was not met.

        `requirement` must be one of the case's own; set-up is recorded with none.
        """
        if not met and self.served is not None:
            self._refuse_noise(self.served.service)
        bound = "" if self._reaching else self._bound(requirement)
        self._told_something = self._told_something or bool(bound and what != "silence")
        judgement = Judgement(what, want, met, bound, event, "" if met else message, diff)
        self.trace.append(self.now_ns, "expect", judgement)
        if not met:
            raise ExpectationFailed(bound, message, diff)

    def _refuse_noise(self, service: str) -> None:
        """What chargen sends at any moment carries, hides and delays every other answer."""
        if service == "chargen" and any(conn.interrupted for conn in self._connections.values()):
            served.refuse(served.QUIET, "chargen talks all the time; try echo or discard")

    def check(
        self, got: object, want: object, what: str, *, requirement: str | None = None
    ) -> None:
        """Judge a value that the case worked out itself: `got` has to equal `want`."""
        diff = () if got == want else (FieldDiff(what, repr(got), repr(want)),)
        self.judge(
            "value",
            {what: repr(want)},
            met=got == want,
            requirement=requirement,
            message=f"{what} is {got!r}, wanted {want!r}",
            diff=diff,
        )

    def measure(self, name: str, value: float | str) -> None:
        """Record a value that has no right answer; it appears in the table of measured values."""
        self.measured[name] = value
        self.trace.append(self.now_ns, "measure", (name, value))

    def leave_state(self, states: tuple[str, ...]) -> None:
        """A state that a target without `state_probe` is not asked for.

        Where nothing but silence has been judged before, only the state would tell.
        """
        if self.served is not None and not (self._told_something or self._reaching):
            served.refuse(served.STATE, f"silence tells too little of {' or '.join(states)}")
        self.note(f"state not read ({' or '.join(states)}): target has no state_probe")

    def note(self, text: str) -> None:
        """Leave a remark in the trace."""
        self.trace.append(self.now_ns, "note", text)

    def _bound(self, requirement: str | None) -> str:
        if requirement is None:
            return self.requirements[0]
        for own in self.requirements:
            if own == requirement or own.endswith(f":{requirement}"):
                return own
        msg = f"expectation bound to {requirement}, which the case's mark does not name"
        raise ConfigurationError(msg)

    # -- recording -------------------------------------------------------------------------------

    def _record(self, command: events.Command) -> None:
        now, append = self._stack.now_ns(), self.trace.append
        match command:
            case events.Datagram(octets):
                append(now, "send", octets)
            case events.Advance(until_ns):
                append(now, "advance", until_ns)
            case events.StartCall(call):
                append(now, "call", call, call.process)
            case events.Cancel(call_id):
                append(now, "cancel", call_id)
            case events.ReadState():
                append(now, "read-state", command)
            case events.ReadStats():
                append(now, "read-stats", None)
            case events.Spawn(process=process):
                append(now, "spawn", command, process)
            case events.Kill(process=process):
                append(now, "kill", command, process)

    def _take(self, event: events.StackEvent) -> ExpectationFailed | None:
        append = self.trace.append
        match event:
            case events.Sent(t_ns, octets):
                return self._arrive(append(t_ns, "receive", octets).n, t_ns, octets)
            case events.Returned():
                append(event.t_ns, "return", event, event.process)
                self._calls[event.call].returned = event
            case events.Signalled():
                append(event.t_ns, "signal", event, event.process)
                self.signals.append(event)
            case events.Exited():
                append(event.t_ns, "exit", event, event.process)
                self.exits.append(event)
            case events.Logged(t_ns, text):
                append(t_ns, "log", text)
            case events.StateRead():
                append(event.t_ns, "state", event)
                self._answer = event
            case events.StatsRead():
                append(event.t_ns, "stats", event)
                self._answer = event
        return None

    def _arrive(self, n: int, t_ns: int, octets: bytes) -> ExpectationFailed | None:
        try:
            datagram = parse(octets, strict=True)
        except ParseError as error:
            return self._malformed(n, error)
        body, ip = datagram.body, datagram.ip
        arrival = Arrival(n, t_ns, octets, datagram)
        if isinstance(body, Segment):
            conn = self._connections.get((ip.destination, body.dport, ip.src, body.sport))
            if conn is not None:
                conn.deliver(arrival)
            else:
                self.strays.append(arrival)
        elif isinstance(body, Icmp):
            self.icmp.append(arrival)
            self.note("the stack sent an ICMP message")
        return None

    def _malformed(self, n: int, error: ParseError) -> ExpectationFailed:
        requirement = broken_by(error) or self.requirements[0]
        message = f"the stack sent a malformed datagram: {error}"
        self.trace.append(
            self.now_ns,
            "expect",
            Judgement(
                WELL_FORMED, {}, met=False, requirement=requirement, event=n, message=message
            ),
        )
        return ExpectationFailed(requirement, message)


def broken_by(error: ParseError) -> str | None:
    """The entry that a malformed datagram breaks, whatever the case is about; None for no one."""
    if error.field in FORMS:
        return FORMS[error.field]
    return next((entry for words, entry in FORMS.items() if words in error.field), None)


class _Ours(tuple[str, ...]):
    """The stack's addresses; a case that wants more of them than there are is unsupported."""

    __slots__ = ()

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> str: ...

    @overload
    def __getitem__(self, index: slice, /) -> tuple[str, ...]: ...

    def __getitem__(self, index: SupportsIndex | slice, /) -> str | tuple[str, ...]:
        try:
            return super().__getitem__(index)
        except IndexError:
            served.refuse(served.ADDRESSES, "the target has one address of this IP version")


def _opens(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK) == SYN


def _flow_of(arrival: Arrival) -> Flow:
    """The flow of what the stack sent, from the peer's point of view."""
    ip, segment = arrival.datagram.ip, arrival.segment
    return ip.destination, segment.dport, ip.src, segment.sport
