"""Whether an agent keeps the agent protocol, version 1: each question asks a fresh agent."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Final, cast

from tcpassay.core.errors import TcpassayError
from tcpassay.targets.examine.check import Check, Finding
from tcpassay.targets.examine.raw import ENDING_S, RawAgent
from tcpassay.targets.messages import Hello, read_hello, read_idle
from tcpassay.targets.protocol import EX_AGENT, Frame, Type, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.manifest import Manifest

    Question = Callable[[Manifest, RawAgent], Finding]

#: A field that no version of the protocol has.
UNKNOWN: Final[dict[str, object]] = {"x_unknown": [1, {"two": None}]}
_READ_IT: Final = "docs/targets.md, the agent protocol"


def check_protocol(manifest: Manifest) -> list[Check]:
    """One line a question; where HELLO or START fail there is no sense in asking more."""
    checks: list[Check] = []
    for what, question in QUESTIONS.items():
        finding = _asked(manifest, question)
        checks.append(Check(what, *finding))
        if not finding.ok and question in (_hello, _start):
            break
    return checks


def _asked(manifest: Manifest, question: Question) -> Finding:
    key = "hello_s" if question is _hello else "watchdog_s"
    try:
        with RawAgent(manifest, cast("float", manifest.start[key])) as agent:
            return question(manifest, agent)
    except TcpassayError as error:
        return Finding(ok=False, found=str(error), advice=_READ_IT)


def _hello(manifest: Manifest, agent: RawAgent) -> Finding:
    started = time.perf_counter()
    hello = read_hello(agent.hear())
    found = (
        f"{hello.name} {hello.version}, clock {hello.clock}, {len(hello.calls)} calls, "
        f"after {(time.perf_counter() - started) * 1000:.1f} ms"
    )
    if hello.clock != manifest.clock:
        advice = f"the manifest's clock is {manifest.clock!r}: make both say the same"
        return Finding(ok=False, found=found, advice=advice)
    return Finding(ok=True, found=found)


def _begin(manifest: Manifest, agent: RawAgent, extra: dict[str, object] | None = None) -> Hello:
    """Past START."""
    hello = read_hello(agent.hear())
    agent.say(Type.START, 0, _start_body(manifest) | (extra or {}))
    agent.answer(0)
    return hello


def _start_body(manifest: Manifest) -> dict[str, object]:
    ip = 4 if manifest.ipv4 else 6
    addresses = manifest.needed_addresses(ip)
    return {
        "seed": 2**64 - 1,
        "ip": ip,
        "addresses": addresses.stack,
        "peer": addresses.peer,
        "prefix": addresses.prefix,
        "settings": manifest.start.get("settings", {}),
        "own_process": False,
    }


def _start(manifest: Manifest, agent: RawAgent) -> Finding:
    read_hello(agent.hear())
    agent.say(Type.START, 0, _start_body(manifest))
    idle = read_idle(agent.answer(0)[-1])
    return Finding(ok=True, found=f"IDLE at {idle.now_ns} ns of the stack's clock")


def _steps(manifest: Manifest, agent: RawAgent) -> Finding:
    _begin(manifest, agent)
    now_ns = 0
    for step in (1, 2, 0xFFFFFFFF, 0):
        now_ns = read_idle(_advanced(agent, step, now_ns)).now_ns
    return Finding(ok=True, found="answers carry the step of their command, 2^32 - 1 too")


def _advanced(agent: RawAgent, step: int, until_ns: int, **extra: object) -> Frame:
    agent.say(Type.ADVANCE, step, {"until_ns": until_ns, **extra})
    return agent.answer(step)[-1]


def _unknown_fields(manifest: Manifest, agent: RawAgent) -> Finding:
    _begin(manifest, agent, UNKNOWN)
    _advanced(agent, 1, 0, **UNKNOWN)
    return Finding(ok=True, found="ignored in START and in ADVANCE")


def _pieces(manifest: Manifest, agent: RawAgent) -> Finding:
    if manifest.start.get("channel") == "seqpacket":
        return Finding(ok=None, found="not on a channel of packets")
    _begin(manifest, agent)
    frames = encode(Type.ADVANCE, 1, 0, b'{"until_ns":0}') + encode(Type.READ_STATS, 2, 0, b"{}")
    for start in range(0, len(frames), 5):
        agent.send(frames[start : start + 5])
    for step in (1, 2):
        agent.answer(step)
    return Finding(ok=True, found="two frames in pieces of five octets, both answered")


_BAD: Final = {
    "length 3": struct.pack("!IBIH", 3, Type.ADVANCE, 1, 0),
    "type 0x7f": encode(Type.BYE, 1, 0, b"{}")[:4] + b"\x7f" + encode(Type.BYE, 1, 0, b"{}")[5:],
    "a body that is not JSON": encode(Type.ADVANCE, 1, 0, b"{until"),
}


def _bad_frame(manifest: Manifest, _agent: RawAgent) -> Finding:
    for what, octets in _BAD.items():
        with RawAgent(manifest, cast("float", manifest.start["watchdog_s"])) as agent:
            _begin(manifest, agent)
            agent.send(octets)
            status = agent.status()
        if status != EX_AGENT:
            how = f"it goes on for {ENDING_S:g} s" if status is None else f"exit status {status}"
            advice = f"end with status {EX_AGENT}: nobody resynchronises"
            return Finding(ok=False, found=f"after {what}: {how}", advice=advice)
    return Finding(ok=True, found=f"exit status {EX_AGENT} after {', '.join(_BAD)}")


def _bye(manifest: Manifest, agent: RawAgent) -> Finding:
    _begin(manifest, agent)
    agent.say(Type.BYE, 0, {})
    status = agent.status()
    how = f"it goes on for {ENDING_S:g} s" if status is None else f"exit status {status}"
    return Finding(status == 0, how, "" if status == 0 else "end with status 0, without an answer")


def _end_of_file(manifest: Manifest, agent: RawAgent) -> Finding:
    _begin(manifest, agent)
    if agent.hang_up():
        return Finding(ok=True, found="the agent ends by itself")
    return Finding(
        ok=False,
        found=f"it goes on for {ENDING_S:g} s",
        advice="end when reading the channel gives 0 octets, or nobody ends it with its tester",
    )


QUESTIONS: Final[dict[str, Question]] = {
    "HELLO": _hello,
    "START": _start,
    "step numbers": _steps,
    "unknown fields": _unknown_fields,
    "frames in pieces": _pieces,
    "bad frame": _bad_frame,
    "BYE": _bye,
    "end-of-file": _end_of_file,
}
