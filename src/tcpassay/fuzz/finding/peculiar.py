"""What a case does and what its trace shows, in words: what a cause is told from its symptom by.

Each stimulus has a set of words ("S", "ESTABLISHED", "seq=in-window", "flaw checksum"); the words
of the case stand for all of it ("call close", "backlog", "answer RST").
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.events import Call
from tcpassay.fuzz.cases.steps import Do, Listen, Raw, Send, Tell, Wait
from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.model.rules import calls, segment_arrives
from tcpassay.model.tcb import Tcb
from tcpassay.wire import (
    FIN,
    SYN,
    URG,
    EndOfList,
    FastOpen,
    IPv4,
    MaximumSegmentSize,
    NoOperation,
    ParseError,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    UnknownOption,
    WindowScale,
    flow_of,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.cases.steps import FuzzCase, LearnedCookie, Step
    from tcpassay.model.oracle.limits import Limits
    from tcpassay.model.oracle.oracle import FlowKey
    from tcpassay.wire import Option

#: Numbers below these are small: an MSS, a window.
SMALL_MSS, SMALL_WINDOW = 536, 1_460
#: What the targets announce over a link of 1,500 octets.
FULL_SEGMENT = 1_460
#: RFC 7323, 2.3.
LARGEST_SHIFT = 14
#: Options that can be read, by their usual names.
_OPTIONS: dict[type[object], str] = {
    MaximumSegmentSize: "mss", WindowScale: "shift", SackPermitted: "sack-permitted", Sack: "sack",
    Timestamps: "timestamps", FastOpen: "cookie", NoOperation: "nop", EndOfList: "end",
    UnknownOption: "unknown",
}  # fmt: skip
#: Seconds of a wait from which a time-out of the stack's may have come.
_LONG_NS = 1_000_000_000
#: Ten days: RFC 7323, 5.5 speaks of 24.
_WEEKS_NS = 864_000 * _LONG_NS


class Met(NamedTuple):
    """One stimulus: the entry `at` of the trace, its words, and the clause that governs it."""

    at: int
    words: frozenset[str]
    clause: str = ""


class Peculiar(NamedTuple):
    """The words of a case as a whole, and each stimulus of it in turn."""

    words: frozenset[str]
    met: tuple[Met, ...]


def peculiar(case: FuzzCase, trace: Trace, alarm: Alarm, limits: Limits) -> Peculiar:
    """What is special about a case that shows an alarm; `trace` is that of the case alone."""
    met = tuple(_met(trace, limits))
    words = {f"symptom {alarm.key.requirement}", alarm.judge, *_of_case(case)}
    words.update(f"answer {word}" for word in alarm.key.answer.split("+"))
    words.add(f"state {alarm.key.state}")
    return Peculiar(frozenset(words), met)


# -- the trace -------------------------------------------------------------------------------------


def _met(trace: Trace, limits: Limits) -> Iterable[Met]:
    oracle = Oracle(trace.stack_addresses, limits)
    last: FlowKey = ("", 0, "", 0)
    entries = trace.entries
    for at, entry in enumerate(entries):
        if entry.kind in STIMULI:
            last = _flow(entry) or last
            yield _stimulus(oracle.standing(last), entries, at)
        oracle.take(entry)


def _flow(entry: Entry) -> FlowKey | None:
    """The connection that a datagram of the peer's is for."""
    flow = flow_of(entry.data) if isinstance(entry.data, bytes) else None
    if flow is None:
        return None
    src, sport, dst, dport = flow
    return dst, dport, src, sport


def _stimulus(tcb: Tcb | None, entries: Sequence[Entry], at: int) -> Met:
    """`tcb` is that of the connection that the stimulus is for, or the last one was."""
    entry = entries[at]
    answer = f"answered {answer_class(entries, at)}"
    if isinstance(entry.data, Call):
        words = {entry.data.name, _state(tcb), answer, *_of_tcb(tcb)}
        return Met(at, frozenset(words), _clause_of_call(entry.data, tcb))
    if entry.kind != "send" or not isinstance(entry.data, bytes):
        return Met(at, frozenset({"time", _state(tcb), answer, *_of_tcb(tcb)}))
    try:
        datagram = parse(entry.data)
    except ParseError:
        return Met(at, frozenset({"garbage", answer}))
    body = datagram.body
    if not isinstance(body, Segment):
        return Met(at, frozenset({input_class(entry, None), _state(tcb), answer}))
    words = {*input_class(entry, tcb).split(" "), _state(tcb), answer, *_of_segment(body, tcb)}
    if isinstance(datagram.ip, IPv4) and datagram.ip.is_fragment:
        words.add("fragment")
    branches = segment_arrives(tcb or Tcb("CLOSED"), body)
    plain = [branch.clause for branch in branches if branch.label == "standard" and branch.clause]
    return Met(at, frozenset(words), plain[0] if plain else branches[0].clause)


def _state(tcb: Tcb | None) -> str:
    return tcb.state if tcb is not None else "CLOSED"


def _of_segment(body: Segment, tcb: Tcb | None) -> Iterable[str]:
    """What `input_class` leaves out."""
    when = "syn" if body.flags & SYN else "later"
    yield from (f"{when} {word}" for word in _of_options(body.options))
    if body.flags & URG:
        yield "urgent"
    if body.flags & FIN:
        yield "fin"
    if not body.window:
        yield "window 0"
    elif body.window < SMALL_WINDOW:
        yield "small window"
    if len(body.payload) > FULL_SEGMENT:
        yield "beyond mss"
    yield from _of_tcb(tcb)
    if tcb is None or tcb.state in {"CLOSED", "LISTEN", "SYN-SENT"}:
        return
    if tcb.fin_taken and body.payload:
        yield "text behind fin"
    if tcb.ts_recent is not None:
        yield "with timestamps"
        if not any(isinstance(option, Timestamps) for option in body.options):
            yield "no timestamps"
    elif any(isinstance(option, Timestamps) for option in body.options):
        yield "timestamps unasked"


def _of_tcb(tcb: Tcb | None) -> Iterable[str]:
    if tcb is None or tcb.state in {"CLOSED", "LISTEN", "SYN-SENT"}:
        return
    yield "passive" if tcb.passive else "active"
    if tcb.held:
        yield "hole"
    if not tcb.rcv_wnd:
        yield "closed window"
    if not tcb.snd_wnd:
        yield "peer's window closed"


def _of_options(options: Iterable[Option | LearnedCookie]) -> Iterable[str]:
    names = set()
    for option in options:
        name = _OPTIONS.get(type(option), "unreadable")
        names.add(name)
        if isinstance(option, UnknownOption):
            yield f"option kind {option.kind}"
        if isinstance(option, MaximumSegmentSize) and option.value < SMALL_MSS:
            yield "small mss"
        if isinstance(option, WindowScale) and option.shift > LARGEST_SHIFT:
            yield "large shift"
    yield from (f"option {name}" for name in names)
    if "mss" not in names:
        yield "without mss"


def _clause_of_call(call: Call, tcb: Tcb | None) -> str:
    """What RFC 9293, 3.10.1 to 3.10.5 has for a call where the last segment has led."""
    if call.name in {"shutdown", "close"}:
        branches = calls.close(tcb or Tcb("CLOSED"), reads=call.name == "shutdown")
        return branches[0].clause if branches else ""
    return _CLAUSES.get(call.name, {}).get(_state(tcb), "")


#: 3.10.2 and 3.10.3, by state.
_CLAUSES: dict[str, dict[str, str]] = {
    "connect": {"CLOSED": "RFC9293:3.10.1-OPEN-ACTIVE"},
    "send": {
        "SYN-SENT": "RFC9293:3.10.2-SEND-SYNSENT",
        "CLOSE-WAIT": "RFC9293:3.10.2-SEND-CLOSEWAIT",
        "FIN-WAIT-1": "RFC9293:3.10.2-SEND-CLOSING",
        "FIN-WAIT-2": "RFC9293:3.10.2-SEND-CLOSING",
        "CLOSING": "RFC9293:3.10.2-SEND-CLOSING",
        "LAST-ACK": "RFC9293:3.10.2-SEND-CLOSING",
        "TIME-WAIT": "RFC9293:3.10.2-SEND-CLOSING",
    },
    "recv": {
        "FIN-WAIT-1": "RFC9293:3.10.3-RECV-FW",
        "FIN-WAIT-2": "RFC9293:3.10.3-RECV-FW",
        "CLOSE-WAIT": "RFC9293:3.10.3-RECV-CLOSEWAIT",
    },
}


# -- the steps -------------------------------------------------------------------------------------


def _of_case(case: FuzzCase) -> Iterable[str]:
    if case.ip == 6:
        yield "ip 6"
    if case.iss is not None:
        yield "iss"
    yield from (f"setting {name}" for name in case.settings)
    conns = {step.conn for step in case.steps if isinstance(step, Send)}
    if len(conns) > 1:
        yield "connections"
    if sum(isinstance(step, Listen) for step in case.steps) > 1:
        yield "listeners"
    for step in case.steps:
        yield from _of_step(step)
    sends = [step for step in case.steps if isinstance(step, Send)]
    if not any(step.flags & FIN for step in sends):
        yield "no fin"
    accepted = next((at for at, s in enumerate(case.steps) if _accepts(s)), None)
    if any(isinstance(s, Send) and s.data for s in case.steps[:accepted]):
        yield "text before accept()"
    windows = [step.window for step in case.steps if isinstance(step, Send)]
    if any(later < first for first, later in pairwise(windows)):
        yield "window shrinks"


def _accepts(step: Step) -> bool:
    return isinstance(step, Do) and step.call == "accept4"


def _of_step(step: Step) -> Iterable[str]:
    match step:
        case Send(flaws=flaws):
            yield from (f"flaw {name}" for name, _ in flaws)
            yield from (f"flaw {name}={value}" for name, value in flaws)
        case Tell(type=kind, code=code):
            yield "icmp"
            yield f"icmp {kind}"
            yield f"icmp {kind}/{code}"
        case Raw():
            yield "raw"
        case Listen(backlog=backlog):
            if backlog != Listen().backlog:
                yield "backlog"
        case Wait(ns=ns):
            yield "wait"
            if ns >= _LONG_NS:
                yield "long wait"
            if ns >= _WEEKS_NS:
                yield "weeks"
        case Do():
            yield from _of_call(step)


def _of_call(step: Do) -> Iterable[str]:
    yield f"call {step.call}"
    if step.on == "listener":
        yield f"call {step.call} listener"
    for tag, value in step.args:
        if tag == "linger":
            yield "abort"
        elif tag == "name":
            yield f"{value}"
        elif tag == "flags" and isinstance(value, tuple):
            yield from (str(flag) for flag in value)
