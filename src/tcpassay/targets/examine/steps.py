"""Whether a stack keeps the step contract: each question asks a fresh stack."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import TcpassayError
from tcpassay.core.events import (
    Advance,
    Cancel,
    Datagram,
    ReadState,
    ReadStats,
    Sent,
    StateRead,
    StatsRead,
)
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.examine.check import Check, Finding
from tcpassay.targets.examine.session import CLOSED_PORT, OPEN_PORT, PEER_PORT, Session
from tcpassay.targets.process import ProcessStack

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.contract import Target

    Question = Callable[[Target, Session], Finding]

#: A call that no agent has.
NO_SUCH_CALL: Final = "x_no_such_call"
_STARTS, _TRIPS = 5, 200
_GARBAGE: Final = 100
_MAX_EVENTS: Final = 1000


def check_contract(target: Target) -> list[Check]:
    """One line a question."""
    return [Check(what, *_asked(target, question)) for what, question in _QUESTIONS.items()]


def _asked(target: Target, question: Question) -> Finding:
    session: Session | None = None
    try:
        session = Session(target)
        return question(target, session)
    except TcpassayError as error:
        return Finding(ok=False, found=str(error), advice="docs/targets.md, the step contract")
    finally:
        if session is not None:
            session.stack.close()


def _advance(_target: Target, session: Session) -> Finding:
    start_ns = session.now_ns
    until_ns = start_ns + NS_PER_S // 20
    for _ in range(_MAX_EVENTS):
        if not session.execute(Advance(until_ns)) or session.now_ns >= until_ns:
            break
    late_ns = session.now_ns - until_ns
    found = f"50 ms without an event end {late_ns} ns after their time"
    if session.stack.clock_kind == "real":
        return Finding(late_ns >= 0, f"50 ms without an event take {50 + late_ns / 1e6:.1f} ms")
    if late_ns:
        return Finding(ok=False, found=found, advice="stop ADVANCE exactly at until_ns")
    return Finding(ok=True, found="50 ms without an event end exactly at until_ns")


def _unknown_call(_target: Target, session: Session) -> Finding:
    call = session.call(NO_SUCH_CALL)
    got = session.returned(call)
    if got is not None and (got.value, got.errno) == (-1, "ENOSYS-AGENT"):
        return Finding(ok=True, found="answered with -1 and ENOSYS-AGENT")
    found = "not answered" if got is None else f"answered with {got.value} and {got.errno}"
    advice = "answer what the agent does not know with -1 and errno ENOSYS-AGENT"
    return Finding(ok=False, found=found, advice=advice)


def _blocked(_target: Target, session: Session) -> Finding:
    call = session.waiting_call()
    if call is None:
        return Finding(ok=None, found="no call that waits: neither accept() nor poll()")
    if session.blocked != (call,):
        advice = "name every call that has started and not returned in 'blocked' of IDLE"
        return Finding(
            ok=False, found=f"IDLE names {list(session.blocked)}, wanted [{call}]", advice=advice
        )
    return Finding(ok=True, found="named in IDLE until it returns")


def _cancel(_target: Target, session: Session) -> Finding:
    call = session.waiting_call()
    if call is None:
        return Finding(ok=None, found="no call that waits: neither accept() nor poll()")
    session.execute(Cancel(call))
    got = session.returned(call)
    if got is not None and got.errno == "EINTR" and call not in session.blocked:
        return Finding(ok=True, found="returns EINTR")
    found = "does not return" if got is None else f"returns {got.errno or got.value}"
    if "cancel" not in session.manifest.capabilities:
        return Finding(ok=None, found=f"{found}; the manifest does not claim 'cancel'")
    return Finding(ok=False, found=found, advice="make the call return -1 and EINTR, and forget it")


def _state(_target: Target, session: Session) -> Finding:
    addresses = session.manifest.needed_addresses(session.ip)
    local, remote = (addresses.stack[0], CLOSED_PORT), (addresses.peer, PEER_PORT)
    events = session.execute(ReadState(local, remote))
    states = [event.state for event in events if isinstance(event, StateRead)]
    if states == ["CLOSED"]:
        return Finding(ok=True, found="CLOSED")
    if not states and "state_probe" not in session.manifest.capabilities:
        return Finding(ok=None, found="no STATE; the manifest does not claim 'state_probe'")
    advice = "answer READ-STATE with one STATE; where there is no connection it is CLOSED"
    return Finding(ok=False, found=", ".join(states) or "no STATE", advice=advice)


def _stats(_target: Target, session: Session) -> Finding:
    told = [event for event in session.execute(ReadStats()) if isinstance(event, StatsRead)]
    if len(told) == 1:
        return Finding(ok=True, found=f"{len(told[0].numbers)} counters")
    if "stats" not in session.manifest.capabilities:
        return Finding(ok=None, found="no STATS; the manifest does not claim 'stats'")
    return Finding(ok=False, found=f"{len(told)} STATS, wanted one", advice="answer READ-STATS")


def _two_stacks(target: Target, session: Session) -> Finding:
    other = Session(target)
    try:
        session.sent_for(session.syn(CLOSED_PORT))
        heard = other.execute(Advance(other.now_ns))
        other.sent_for(other.syn(CLOSED_PORT))
    finally:
        other.stack.close()
    if heard:
        advice = "share nothing between stacks: each agent has a channel of its own"
        return Finding(ok=False, found=f"one hears {len(heard)} events of the other", advice=advice)
    return Finding(ok=True, found="each hears only what is its own")


def _same_seed(target: Target, session: Session) -> Finding:
    if session.stack.clock_kind == "real":
        return Finding(ok=None, found="not where the clock is real")
    twin = Session(target)
    try:
        sent = [_talk(each) for each in (session, twin)]
    finally:
        twin.stack.close()
    if sent[0] == sent[1]:
        return Finding(ok=True, found=f"{len(sent[0])} datagrams twice, octet for octet")
    advice = "take every random number, ISNs and ports too, from START's 'seed'"
    return Finding(ok=False, found="other octets with the same seed", advice=advice)


def _talk(session: Session) -> list[bytes]:
    """A SYN to a listener, where there is one, and to a closed port; and ten seconds."""
    session.listen()
    sent = session.sent_for(session.syn(OPEN_PORT)) + session.sent_for(session.syn(CLOSED_PORT))
    until_ns = session.now_ns + 10 * NS_PER_S
    for _ in range(_MAX_EVENTS):
        if session.now_ns >= until_ns:
            break
        events = session.execute(Advance(until_ns))
        sent += [event.octets for event in events if isinstance(event, Sent)]
    return sent


def _garbage(_target: Target, session: Session) -> Finding:
    chance = random.Random(1)
    whole = session.syn(CLOSED_PORT)
    pieces = [whole[:length] for length in range(1, len(whole), 3)]
    pieces += [chance.randbytes(chance.randrange(1, 1500)) for _ in range(_GARBAGE)]
    pieces += [whole[:20] + chance.randbytes(chance.randrange(0, 60)) for _ in range(_GARBAGE)]
    for octets in pieces:
        session.execute(Datagram(octets))
    answered = len(session.sent_for(whole))
    found = f"{len(pieces)} damaged datagrams, then a SYN to a closed port: {answered} answers"
    return Finding(ok=True, found=found)


def _coverage(target: Target, session: Session) -> Finding:
    if not isinstance(session.stack, ProcessStack):
        return Finding(ok=None, found="not of a stack in another program")
    stack = target.start(StackOptions(ip=session.ip, coverage=True))
    try:
        stack.execute(Datagram(session.syn(CLOSED_PORT)))
        counters = stack.coverage() if isinstance(stack, ProcessStack) else None
    finally:
        stack.close()
    if counters is None:
        return Finding(ok=None, found="none; a fuzzer would do without")
    ran = sum(map(bool, counters))
    return Finding(ok=True, found=f"{len(counters)}, of which {ran} have counted by a first SYN")


def _speed(target: Target, session: Session) -> Finding:
    started = time.perf_counter()
    for _ in range(_STARTS):
        Session(target).stack.close()
    begun = time.perf_counter()
    for _ in range(_TRIPS):
        session.execute(Advance(session.now_ns))
    ended = time.perf_counter()
    start_ms = (begun - started) / _STARTS * 1e3
    trip_us = (ended - begun) / _TRIPS * 1e6
    return Finding(
        ok=True,
        found=f"a stack starts and ends in {start_ms:.1f} ms; a step takes {trip_us:.0f} us",
    )


_QUESTIONS: Final[dict[str, Question]] = {
    "ADVANCE": _advance,
    "unknown call": _unknown_call,
    "a call that waits": _blocked,
    "CANCEL": _cancel,
    "READ-STATE": _state,
    "READ-STATS": _stats,
    "two stacks at once": _two_stacks,
    "same seed": _same_seed,
    "damaged datagrams": _garbage,
    "coverage counters": _coverage,
    "speed": _speed,
}
