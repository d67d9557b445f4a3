"""Before a target's cases: one handshake and one echo, or a sentence that says why not."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from tcpassay.conformance import reach
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.interrupts import CutShort
from tcpassay.conformance.outcome import Unsupported
from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.trace import Trace
from tcpassay.targets.contract import StackOptions

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion, Stack, Target

_REQUEST = b"tcpassay?"
_REPLY = b"tcpassay!"


def preflight(
    target: Target, ip: IpVersion, guard: AbstractContextManager[object] | None = None
) -> None:
    """One handshake and one exchange of data with a fresh stack.

    Raises TargetUnavailableError with one sentence where that fails: none of the target's cases
    could judge anything, AgentFault where that is the agent's doing. An agent that says itself
    that it lacks one of the calls passes. Every datagram is parsed strictly, checksums included.
    `guard` may end it by CutShort, for a stack that never comes back.
    """
    name = target.manifest.name
    stack: Stack | None = None
    trace = Trace(case="preflight", target=name, ip=ip)
    try:
        stack = target.start(StackOptions(ip=ip))
        with guard or nullcontext():
            _exchange(Bench(target.manifest, stack, trace, requirements=("",), ip=ip))
    except (AgentFault, ConfigurationError, TargetUnavailableError):
        raise
    except Unsupported:
        return  # Cases that need the call say so each by itself; the others can be judged.
    except TcpassayError as error:
        msg = f"target {name} cannot shake hands and echo over IPv{ip}, so nothing ran: {error}"
        raise TargetUnavailableError(msg) from error
    except CutShort as cut:
        if not cut.for_time:
            raise
        msg = f"target {name} did not come back from a handshake over IPv{ip}, so nothing ran"
        raise TargetUnavailableError(msg) from None
    finally:
        if stack is not None:
            stack.close()


def _exchange(bench: Bench) -> None:
    conn = reach.established(bench)
    if bench.served is not None:
        return  # What the service does was found out when the target was opened.
    conn.send("PA", payload=_REQUEST)
    conn.app.recv(len(_REQUEST), want=_REQUEST)
    conn.app.send(_REPLY)
    conn.expect("A", payload=_REPLY)
