"""A Python stack in the tester's own process, on a virtual clock.

The stack is reached by the name in its manifest and by the methods of `PythonStack`; it imports
nothing of the tester's.
"""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, cast

from tcpassay.core.errors import (
    AgentFault,
    ConfigurationError,
    StackFault,
    TargetUnavailableError,
    TcpassayError,
)
from tcpassay.core.events import (
    Advance,
    Cancel,
    Datagram,
    Idle,
    Kill,
    Outcome,
    ReadState,
    ReadStats,
    Spawn,
    StackEvent,
    StartCall,
    StateRead,
    StatsRead,
)
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.output import convert
from tcpassay.targets.settings import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command
    from tcpassay.targets.manifest import Manifest

#: How often a timer may be due without time moving on and without anything happening.
IDLE_TIMER_LIMIT: Final = 10_000

#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new: Final = tuple.__new__


class PythonStack(Protocol):
    """What an in-process stack offers. All times are nanoseconds and are handed in.

    `next_timeout` is the absolute time at which `on_timer` wants to be called, None for never.
    `take_output` hands over, once, what has happened since it was last called, in order:
    ("datagram", octets), ("return", call_id, process, value, errno or None, out),
    ("signal", process, name), ("exit", process, status), ("log", text).
    """

    version: str

    def on_datagram(self, octets: bytes, now_ns: int) -> None: ...
    def on_timer(self, now_ns: int) -> None: ...
    def next_timeout(self) -> int | None: ...
    def call(
        self,
        call_id: int,
        process: int,
        name: str,
        args: Sequence[tuple[str, object]],
        now_ns: int,
    ) -> None: ...
    def cancel(self, call_id: int, now_ns: int) -> None: ...
    def spawn(self, process: int, fork_of: int | None, user: int | None, now_ns: int) -> None: ...
    def kill(self, process: int, signal: str, now_ns: int) -> None: ...
    def blocked(self) -> tuple[int, ...]: ...
    def read_state(
        self, local: tuple[str, int], remote: tuple[str, int] | None
    ) -> tuple[str, dict[str, int]]: ...
    def read_stats(self) -> dict[str, int]: ...
    def take_output(self) -> list[tuple[object, ...]]: ...


class InProcessTarget:
    """A target of kind `in-process`."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._open: Callable[[Mapping[str, object]], PythonStack] | None = None

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def version(self) -> str:
        """The stack's `version`. Raises TargetUnavailableError when it cannot be opened."""
        manifest = self._manifest
        settings = merged(manifest, StackOptions(), "settings")
        own = manifest.own_addresses(4, ()) or manifest.own_addresses(6, ())
        return str(self._make(0, own, settings).version)

    def start(self, options: StackOptions) -> InProcessStack:
        """A fresh stack. Raises TargetUnavailableError; ConfigurationError for a bad setting."""
        manifest = self._manifest
        manifest.needed_addresses(options.ip)
        settings = merged(manifest, options, "settings")
        own = manifest.own_addresses(options.ip, options.settings)
        stack = InProcessStack(self._make(options.seed, own, settings), manifest.name)
        if options.own_process:
            stack.execute(Spawn(1))
        return stack

    def close(self) -> None:
        """Nothing is shared among the stacks."""

    def _make(
        self, seed: int, addresses: tuple[str, ...], settings: dict[str, object]
    ) -> PythonStack:
        if self._open is None:
            self._open = _load(self._manifest)
        try:
            return self._open({"seed": seed, "addresses": list(addresses), "settings": settings})
        except ValueError as error:
            raise ConfigurationError(f"{self._manifest.path}: settings: {error}") from None
        except (Exception, SystemExit) as error:
            raise TargetUnavailableError(
                f"target {self._manifest.name!r}: {self._manifest.start['entry']} failed: "
                f"{_one_line(error)}"
            ) from error


class InProcessStack:
    """The step contract around one PythonStack. Time stands still outside Advance."""

    clock_kind: ClockKind = "virtual"

    def __init__(self, stack: PythonStack, name: str) -> None:
        self._stack = stack
        self._name = name
        self._now = 0
        self._over: TcpassayError | None = None
        self._take_output = stack.take_output
        self._next_timeout = stack.next_timeout
        self._blocked = stack.blocked
        self._on_datagram = stack.on_datagram

    @property
    def inside(self) -> PythonStack:
        """The stack itself, for who weighs what it holds."""
        return self._stack

    def now_ns(self) -> int:
        return self._now

    def execute(self, command: Command) -> Outcome:
        """Give one command. Raises StackFault for an exception out of the stack or a timer that
        never moves on, AgentFault for output of the wrong shape.
        """
        if self._over is not None:
            raise self._over
        try:
            return self._step(command)
        except (Exception, SystemExit) as error:
            self._broken(command, error)

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """Give a burst. Raises as `execute` does."""
        if self._over is not None:
            raise self._over
        outcomes = [] if into is None else into
        step, append = self._step, outcomes.append
        for command in commands:
            try:
                append(step(command))
            except (Exception, SystemExit) as error:
                self._broken(command, error)
        return outcomes

    def close(self) -> None:
        """Let the stack go."""
        if self._over is None:
            self._over = TcpassayError(f"{self._name}: the stack has been closed")

    def _step(self, command: Command) -> Outcome:
        if type(command) is Datagram:
            self._on_datagram(command.octets, self._now)
            output = self._take_output()
            events = convert(output, self._now, self._bad) if output else []
        else:
            events = _GIVE[type(command)](self, command)
        deadline = self._next_timeout()
        if deadline is not None and type(deadline) is not int:
            raise self._bad(f"next_timeout() gave {deadline!r}, wanted nanoseconds or None")
        idle = _new(Idle, (self._now, deadline, tuple(self._blocked())))
        return _new(Outcome, (events, idle))

    def _broken(self, command: Command, error: BaseException) -> NoReturn:
        """Raise what has ended the stack, as it is or as the stack's fault."""
        if isinstance(error, StackFault | AgentFault):
            self._over = error
        else:
            self._over = StackFault(
                f"{self._name}: the stack raised {_one_line(error)} "
                f"on {type(command).__name__} at {self._now} ns",
                stderr="".join(traceback.format_exception(error)),
            )
        raise self._over from None

    def _events(self) -> list[StackEvent]:
        output = self._take_output()
        return convert(output, self._now, self._bad) if output else []

    def _bad(self, message: str) -> AgentFault:
        return AgentFault(f"{self._name}: {message}")

    def _give_call(self, command: StartCall) -> list[StackEvent]:
        call = command.call
        self._stack.call(call.id, call.process, call.name, call.args, self._now)
        return self._events()

    def _give_cancel(self, command: Cancel) -> list[StackEvent]:
        self._stack.cancel(command.call, self._now)
        return self._events()

    def _give_spawn(self, command: Spawn) -> list[StackEvent]:
        self._stack.spawn(command.process, command.fork_of, command.user, self._now)
        return self._events()

    def _give_kill(self, command: Kill) -> list[StackEvent]:
        self._stack.kill(command.process, command.signal, self._now)
        return self._events()

    def _give_read_state(self, command: ReadState) -> list[StackEvent]:
        state, numbers = self._stack.read_state(command.local, command.remote)
        return [*self._events(), StateRead(self._now, str(state), dict(numbers))]

    def _give_read_stats(self, _command: ReadStats) -> list[StackEvent]:
        numbers = self._stack.read_stats()
        return [*self._events(), StatsRead(self._now, dict(numbers))]

    def _give_advance(self, command: Advance) -> list[StackEvent]:
        """Fire timers in order until one has something to show, or until `until_ns`."""
        until = max(command.until_ns, self._now)
        standing = 0
        while True:
            due = self._next_timeout()
            if due is None or due > until:
                self._now = until
                return []
            if due > self._now:
                self._now = due
                standing = 0
            elif (standing := standing + 1) > IDLE_TIMER_LIMIT:
                raise StackFault(
                    f"{self._name}: next_timeout() stays at {due} ns, which is past, after "
                    f"{IDLE_TIMER_LIMIT} calls of on_timer() at {self._now} ns"
                )
            self._stack.on_timer(self._now)
            if events := self._events():
                return events


_GIVE: Final = cast(
    "dict[type[object], Callable[[InProcessStack, Command], list[StackEvent]]]",
    {
        StartCall: InProcessStack._give_call,
        Advance: InProcessStack._give_advance,
        Cancel: InProcessStack._give_cancel,
        ReadState: InProcessStack._give_read_state,
        ReadStats: InProcessStack._give_read_stats,
        Spawn: InProcessStack._give_spawn,
        Kill: InProcessStack._give_kill,
    },
)


def _load(manifest: Manifest) -> Callable[[Mapping[str, object]], PythonStack]:
    """The manifest's entry, imported."""
    entry = str(manifest.start["entry"])
    module_name, _, function = entry.partition(":")
    folder = _search_path(manifest)
    try:
        module = import_module(module_name)
        opener: Callable[[Mapping[str, object]], PythonStack] = getattr(module, function)
    except (Exception, SystemExit) as error:
        raise TargetUnavailableError(
            f"target {manifest.name!r}: cannot import {entry}: {_one_line(error)}; "
            f"see start.entry and start.path in {manifest.path}"
        ) from error
    if folder is not None:
        _check_origin(manifest, module, folder)
    return opener


def _search_path(manifest: Manifest) -> Path | None:
    """The manifest's own folder of modules, made importable."""
    path = manifest.start.get("path")
    if path is None:
        return None
    folder = (manifest.home / str(path)).resolve()
    if not folder.is_dir():
        raise ConfigurationError(f"{manifest.path}: 'start.path' is {path!r}: no such folder")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return folder


def _check_origin(manifest: Manifest, module: ModuleType, folder: Path) -> None:
    """Two targets may not mean two modules by one name: the second would get the first's."""
    origin = Path(module.__file__ or "")
    if not origin.is_relative_to(folder):
        raise ConfigurationError(
            f"{manifest.path}: module {module.__name__!r} is already taken by {origin}; "
            f"rename the one in {folder}"
        )


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
