"""The step contract: one command in, any number of events out, then idle.

Every kind of stack honours it (in-process, namespace, process), and so do the wrappers around one.
docs/targets.md has the prose; `tcpassay.core.events` has the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, Outcome

IpVersion = Literal[4, 6]


@dataclass(frozen=True, slots=True)
class StackOptions:
    """What a case asks of a fresh stack.

    `seed` feeds every random choice of a stack that lets us (64 bits). `settings` are the named
    settings of the manifest that the case wants, in order. `own_process` asks for socket calls
    made in a process of their own, with descriptors as a fresh program has them. `timing` asks
    for stamps taken by the kernel where the clock is real. `spare`: what an earlier stack has left
    will do, where nothing of that stack is left in it. `coverage`: the agent is to count which code
    runs (`ProcessStack.coverage`).
    """

    seed: int = 0
    ip: IpVersion = 4
    settings: tuple[str, ...] = ()
    own_process: bool = False
    timing: bool = False
    spare: bool = False
    coverage: bool = False
    overrides: Mapping[str, object] = field(default_factory=dict)


class Stack(Protocol):
    """One fresh running instance of a target.

    `execute` gives one command and returns when the stack is idle: no datagram waits, every call
    has returned or is blocked, nothing is runnable. It raises StackFault when the stack died or
    hung, AgentFault when the agent broke its protocol. A virtual clock moves only inside Advance.
    `execute_all` gives a burst, commands of which none hangs on the answer to an earlier one: each
    is carried out once the stack is idle after the one before, as by `execute`, at less cost. The
    outcomes are appended, as they come, to `into` or a new list, which is returned: who gave
    `into` has those before a fault.
    `close` ends the stack and frees what it held; it may be called twice and never raises.
    """

    @property
    def clock_kind(self) -> ClockKind: ...

    def now_ns(self) -> int: ...

    def execute(self, command: Command) -> Outcome: ...

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]: ...

    def close(self) -> None: ...


class Target(Protocol):
    """A TCP stack under test, ready to be started any number of times."""

    @property
    def manifest(self) -> Manifest: ...

    def version(self) -> str:
        """What the stack says it is ("Linux 6.18.44"). Raises TargetUnavailableError."""
        ...

    def start(self, options: StackOptions) -> Stack:
        """A fresh stack. Raises TargetUnavailableError with what to do about it."""
        ...

    def close(self) -> None:
        """Free what the target shares among its stacks."""
        ...


if TYPE_CHECKING:
    from tcpassay.targets.manifest import Manifest
