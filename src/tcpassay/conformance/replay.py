"""A trace file run again on a fresh stack: the same stimuli, the same expectations.

Numbers and ports are put in place for what the new stack chose, descriptors for what it returned,
so a trace replays on a stack with another seed and on another target.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import Case, CaseMark
from tcpassay.conformance.judge import Judged, judge
from tcpassay.conformance.match import ANY, pattern_from
from tcpassay.conformance.matrix.cases import find_row
from tcpassay.core import events
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.trace import Entry, Judgement, Trace
from tcpassay.core.verdict import Verdict
from tcpassay.targets.contract import StackOptions
from tcpassay.wire import Segment, parse
from tcpassay.wire.tracefile import Binder, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.app import Pending
    from tcpassay.conformance.peer import Connection
    from tcpassay.core.events import Tagged
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.wire.tracefile import TraceEvent, TraceFile

#: How long a call that returned when it was recorded may take to return again, seconds.
RETURN_S = 1.0

_GIVES_FD = frozenset({"socket", "accept", "accept4", "dup"})
_Flow = tuple[str, int, str, int]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found. `taken` counts values that the case had worked out for itself, which
    are taken as recorded.
    """

    recorded: Verdict
    judged: Judged
    trace: Trace
    taken: int

    @property
    def same(self) -> bool:
        """Whether the verdict is the recorded one."""
        return self.judged.verdict is self.recorded


def replay(
    file: TraceFile, target: Target, catalogue: Catalogue, *, seed: int | None = None
) -> Replayed:
    """Run a trace again on a fresh stack of `target`, with the recorded seed unless told another.

    A row of the matrix is generated again from its id: its numbers hang on the stack, and only
    the rules know what may answer it.

    Raises ConfigurationError for a trace that names no verdict or that says what makes no sense,
    and what starting a stack raises.
    """
    recorded = _verdict(file)
    case = find_row(file.case) or _case(file)
    options = StackOptions(
        seed=file.seed if seed is None else seed,
        ip=cast("IpVersion", file.ip),
        settings=file.settings,
        own_process=file.own_process,
    )
    manifest = target.manifest
    trace = Trace(
        case=file.case,
        target=manifest.name,
        seed=options.seed,
        ip=file.ip,
        stack_addresses=manifest.own_addresses(file.ip, file.settings),
        settings=file.settings,
        own_process=file.own_process,
    )
    stack = target.start(options)
    ending: Exception | None = None
    player: _Player | None = None
    try:
        bench = Bench(
            manifest,
            stack,
            trace,
            requirements=case.mark.requirements,
            ip=file.ip,
            own_process=file.own_process,
        )
        bench.ports_are_meant = True
        if case.has_row:
            case.run(bench)
        else:
            player = _Player(file, bench)
            player.play_all()
    except ConfigurationError:
        raise
    except Exception as error:
        ending = error
    finally:
        stack.close()
    judged = judge(trace, ending, case, catalogue)
    return Replayed(recorded, judged, trace, player.taken if player else 0)


def play_recorded(bench: Bench, text: str) -> None:
    """Do on a bench what a recorded trace has done, and expect what it has: the body of a case.

    Raises what a case raises, and ConfigurationError for a trace that makes no sense.
    """
    bench.ports_are_meant = True
    _Player(loads(text.encode(), "the recorded trace"), bench).play_all()


def requirements_of(file: TraceFile) -> tuple[str, ...]:
    """The requirements that the case of a trace may judge."""
    return _case(file).mark.requirements


def _verdict(file: TraceFile) -> Verdict:
    told = file.info.get("verdict")
    if not isinstance(told, str) or told not in set(Verdict):
        msg = f"the trace of {file.case!r} names no verdict; wanted one of {', '.join(Verdict)}"
        raise ConfigurationError(msg)
    return Verdict(told)


def _case(file: TraceFile) -> Case:
    named = file.info.get("requirements")
    requirements = [str(name) for name in named] if isinstance(named, list | tuple) else []
    for event in file.events:
        if not isinstance(event.data, Judgement):
            continue
        name: object = event.data.requirement
        if not isinstance(name, str):
            msg = f"event {event.n} of the trace: requirement is {name!r}, wanted an id"
            raise ConfigurationError(msg)
        if name not in {"", *requirements}:
            requirements.append(name)
    mark = CaseMark(tuple(requirements), measures=file.info["verdict"] == Verdict.INFO)
    return Case(file.case, "a replayed trace", "", 0, mark, _never_called)


@contextmanager
def _made_sense_of(event: TraceEvent) -> Iterator[None]:
    """A file is right in form long before it makes sense: its values are used as they come."""
    try:
        yield
    except (AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        msg = f"event {event.n} of the trace cannot be replayed ({what}); was the file changed?"
        raise ConfigurationError(msg) from error


def _never_called(_bench: Bench) -> None:
    """Stand where a case has its function: a replay plays events instead."""


class _Player:
    def __init__(self, file: TraceFile, bench: Bench) -> None:
        self.taken = 0
        self._file = file
        self._bench = bench
        self._began_ns = bench.now_ns
        self._binder = Binder(file)
        self._calls: dict[int, Pending] = {}
        self._fds: dict[tuple[int, int], int] = {}
        self._connections: dict[object, Connection] = {}
        self._learned = 0
        self._moments: dict[int, Entry] = {}

    def play_all(self) -> None:
        """Everything that the recording did, in its order."""
        for event in self._file.events:
            with _made_sense_of(event):
                self.play(event)

    def play(self, event: TraceEvent) -> None:
        """Do again what an event of the recording did."""
        self._learn()
        match event.kind:
            case "send":
                self._send(event)
            case "advance":
                self._advance(event)
            case "call":
                self._call(event)
            case "return":
                self._return(event)
            case "cancel":
                self._bench.execute(events.Cancel(self._calls[cast("int", event.data)].call.id))
            case "spawn" | "kill":
                self._bench.execute(cast("events.Spawn | events.Kill", event.data))
            case "measure":
                self._bench.measure(*cast("tuple[str, float]", event.data))
            case "expect":
                self._expect(cast("Judgement", self._binder.data(event)))
            case _:
                pass
        if self._bench.trace.entries:
            self._moments[event.n] = self._bench.trace.entries[-1]

    def _advance(self, event: TraceEvent) -> None:
        """Wait as long as the recording did and, where the replay is ahead of it, until as late."""
        until, now = cast("int", event.data), self._bench.now_ns
        level = self._began_ns + until - self._file.events[0].t_ns
        self._bench.execute(events.Advance(max(now + until - event.t_ns, level)))

    def _learn(self) -> None:
        """Tell the binder what the new stack has sent since the last time."""
        entries = self._bench.trace.entries
        while self._learned < len(entries):
            entry = entries[self._learned]
            self._learned += 1
            if entry.kind == "receive":
                self._binder.received(cast("bytes", entry.data))

    def _send(self, event: TraceEvent) -> None:
        octets = self._binder.concrete(event)
        if event.conn is None or not isinstance(parse(octets).body, Segment):
            self._bench.send_octets(octets)
            return
        self._connection(event, octets).send_octets(octets)

    def _connection(self, event: TraceEvent, octets: bytes) -> Connection:
        """The connection of a segment of the peer, from its first segment on."""
        conn = event.conn
        if conn is None:  # pragma: no cover - the caller has looked
            raise LookupError(event.n)
        flow = self._binder.ends(conn)
        known = self._connections.get(conn)
        if known is None:
            body = parse(octets).body
            iss = body.seq if isinstance(body, Segment) else 0
            known = self._at(flow, fresh=conn.incarnation > 1, iss=iss)
            self._connections[conn] = known
        return known

    def _call(self, event: TraceEvent) -> None:
        call = cast("events.Call", self._binder.data(event))
        args = tuple(self._with_descriptors(call.process, arg) for arg in call.args)
        self._calls[call.id] = self._bench.start_call(call.process, call.name, args)

    def _with_descriptors(self, process: int, arg: Tagged) -> Tagged:
        tag, value = arg
        match tag, value:
            case "fd", int(fd):
                return tag, self._fds.get((process, fd), fd)
            case "fds", tuple(fds):
                return tag, tuple(self._fds.get((process, fd), fd) for fd in fds)
            case "pollfds", tuple(pairs):
                return tag, tuple((self._fds.get((process, fd), fd), want) for fd, want in pairs)
            case _:
                return arg

    def _return(self, event: TraceEvent) -> None:
        """Learn from the return which descriptor and port stand for the recorded ones."""
        old = cast("events.Returned", event.data)
        pending = self._calls[old.call]
        self._bench.wait_until(lambda: pending.returned is not None, RETURN_S)
        new = pending.returned
        if new is None:
            return
        self._binder.returned(event, new)
        if pending.call.name in _GIVES_FD and old.errno is None and new.errno is None:
            self._fds[old.process, old.value] = new.value

    def _expect(self, judgement: Judgement) -> None:
        setup = self._bench.reaching("the recorded state", whole=False)
        with nullcontext() if judgement.requirement else setup:
            self._judge(judgement, judgement.requirement or None)

    def _judge(self, judgement: Judgement, requirement: str | None) -> None:
        want, what = judgement.want, judgement.what
        if what == "well-formed":
            return
        if what == "value":
            self.taken += 1
            self._bench.judge(
                what,
                want,
                met=judgement.met,
                requirement=requirement,
                message=f"{judgement.message} (as recorded)",
                diff=judgement.diff,
            )
        elif what in ("return", "blocked"):
            self._judge_call(self._calls[cast("int", want["call"])], what, want, requirement)
        elif what == "segment" and "any" not in want:
            self._bench.expect_syn(requirement=requirement)
        else:
            conn = self._at(cast("_Flow", tuple(cast("list[object]", want["conn"]))))
            _judge_wire(conn, what, want, requirement, self._since(want))

    def _judge_call(
        self, pending: Pending, what: str, want: dict[str, object], requirement: str | None
    ) -> None:
        if what == "blocked":
            pending.expect_blocked(requirement=requirement)
            return
        value = want.get("value", ANY)
        if pending.call.name in _GIVES_FD and isinstance(value, int):
            value = self._fds.get((pending.call.process, value), value)
        pending.expect_return(
            value,
            errno=tuple(cast("list[str]", want.get("errno", []))) or None,
            octets=want.get("octets", ANY),
            out=want.get("out", ANY),
            after=cast("float", want.get("after", 0.0)),
            within=cast("float", want.get("within", 1.0)),
            since=self._since(want),
            requirement=requirement,
        )

    def _since(self, want: dict[str, object]) -> Entry | None:
        since = want.get("since")
        return self._moments.get(since) if isinstance(since, int) else None

    def _at(self, flow: _Flow, *, fresh: bool = False, iss: int | None = None) -> Connection:
        """The connection on a tuple; a new one where there is none, or a `fresh` one is wanted."""
        known = None if fresh else self._bench.connection_at(flow)
        address, port, peer_address, peer_port = flow
        return known or self._bench.connection(
            peer_port=peer_port, port=port, peer_address=peer_address, address=address, iss=iss
        )


def _judge_wire(
    conn: Connection,
    what: str,
    want: dict[str, object],
    requirement: str | None,
    since: Entry | None,
) -> None:
    match what:
        case "segment":
            patterns = [
                pattern_from(plain) for plain in cast("list[dict[str, object]]", want["any"])
            ]
            conn.expect_one_of(
                *patterns,
                after=cast("float", want["after"]),
                within=cast("float", want["within"]),
                since=since,
                requirement=requirement,
            )
        case "silence":
            # The time has passed already: the recording's own steps of the clock came before.
            conn.expect_silence(repeats=bool(want["repeats"]), requirement=requirement)
        case "drop":
            conn.drop_arrivals()
        case "state":
            conn.expect_state(*cast("list[str]", want["states"]), requirement=requirement)
        case _:
            msg = (
                f"the trace holds an expectation of kind {what!r}, which this version cannot judge"
            )
            raise ConfigurationError(msg)
