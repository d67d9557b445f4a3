"""Any Stack behind the agent protocol."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault, ConfigurationError, StackFault
from tcpassay.core.events import Idle
from tcpassay.targets.messages import (
    event_frame,
    hello_frame,
    idle_frame,
    message,
    read_command,
    read_start,
    time_frame,
)
from tcpassay.targets.protocol import EX_AGENT, Type

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Outcome
    from tcpassay.targets.agent.link import Link
    from tcpassay.targets.contract import Stack
    from tcpassay.targets.messages import Hello, Start


def serve(hello: Hello, open_stack: Callable[[Start], Stack], link: Link) -> int:
    """Serve one stack until the tester says BYE or goes away; the exit status.

    `open_stack` raises ConfigurationError for a setting that it refuses. A fault of the stack's
    ends the process as a crash would: what it printed, then SIGABRT.
    """
    try:
        link.write(hello_frame(hello))
        frame = link.read()
        if frame is None:
            return 0
        try:
            stack = open_stack(read_start(frame))
        except ConfigurationError as error:
            link.write(message(Type.REFUSED, 0, 0, {"reason": str(error)}))
            return 0
        link.write(idle_frame(Idle(stack.now_ns(), None, ()), 0))
        _serve_commands(stack, link)
    except StackFault as fault:
        sys.stderr.write(f"{fault.stderr}{fault}\n")
        sys.stderr.flush()
        os.abort()
    except AgentFault as fault:
        sys.stderr.write(f"{fault}\n")
        return EX_AGENT
    return 0


def _serve_commands(stack: Stack, link: Link) -> None:
    try:
        while (frame := link.read()) is not None and frame.type != Type.BYE:
            link.write(answer(stack.execute(read_command(frame)), frame.step))
    finally:
        stack.close()


def answer(outcome: Outcome, step: int) -> bytes:
    """All frames of an outcome: events, with their time where it is not that of idle, and idle."""
    told = outcome.idle.now_ns
    octets: list[bytes] = []
    for event in outcome.events:
        if event.t_ns != told:
            octets.append(time_frame(event.t_ns, step))
            told = event.t_ns
        octets.append(event_frame(event, step))
    octets.append(idle_frame(outcome.idle, step))
    return b"".join(octets)
