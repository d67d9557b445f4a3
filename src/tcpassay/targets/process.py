"""Targets of kind `process`: a stack in another program, behind an agent on an inherited fd."""

from __future__ import annotations

import subprocess
import time
from threading import Lock
from typing import TYPE_CHECKING, cast

from tcpassay.core.errors import AgentFault, ConfigurationError, TargetUnavailableError
from tcpassay.core.events import Advance
from tcpassay.targets.agents import Agents
from tcpassay.targets.building import built_folder, check_built
from tcpassay.targets.messages import Start
from tcpassay.targets.program import Launch
from tcpassay.targets.settings import merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tcpassay.core.clock import ClockKind
    from tcpassay.core.events import Command, Outcome
    from tcpassay.targets.channel import AgentChannel
    from tcpassay.targets.contract import StackOptions
    from tcpassay.targets.manifest import Manifest
    from tcpassay.targets.messages import Hello

_VERSION_S = 10.0


class ProcessTarget:
    """A target of kind `process`."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._agents: dict[bool, Agents] = {}
        self._lock = Lock()
        self._built = False

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def version(self) -> str:
        """What the version command prints first, else what the agent's HELLO says.

        Raises TargetUnavailableError.
        """
        check_built(self._manifest)
        if self._manifest.version_command:
            return self._ask(_filled(self._manifest, self._manifest.version_command))
        channel = self._pool().take()
        try:
            return f"{channel.hello.name} {channel.hello.version}".strip()
        finally:
            channel.close()

    def start(self, options: StackOptions) -> ProcessStack:
        """A fresh agent with a fresh stack. Raises TargetUnavailableError; ConfigurationError
        for a setting that it refuses; the faults of AgentChannel once it has said HELLO.
        """
        addresses = self._manifest.needed_addresses(options.ip)
        settings = merged(self._manifest, options, "settings")
        if not self._built:
            check_built(self._manifest)
            self._built = True
        channel = self._pool(coverage=options.coverage).take()
        if channel.hello.clock != self._manifest.clock:
            channel.close()
            raise ConfigurationError(
                f"{self._manifest.path}: 'clock' is {self._manifest.clock!r}, but the agent's "
                f"HELLO says {channel.hello.clock!r}"
            )
        start = Start(
            seed=options.seed,
            ip=options.ip,
            addresses=self._manifest.own_addresses(options.ip, options.settings),
            peer=addresses.peer,
            prefix=addresses.prefix,
            settings=settings,
            own_process=options.own_process,
        )
        return ProcessStack(channel, channel.start(start))

    def close(self) -> None:
        """End what this target has started and is still there, stacks in use included."""
        for agents in self._agents.values():
            agents.close()

    def _pool(self, *, coverage: bool = False) -> Agents:
        """The agents that are asked for counters, or those that are not."""
        with self._lock:
            if coverage not in self._agents:
                self._agents[coverage] = self._make_pool(coverage=coverage)
            return self._agents[coverage]

    def _make_pool(self, *, coverage: bool) -> Agents:
        start = self._manifest.start
        return Agents(
            launch_of(self._manifest)._replace(coverage=coverage),
            watchdog_s=cast("float", start.get("watchdog_s", 5.0)),
            hello_s=cast("float", start.get("hello_s", 10.0)),
        )

    def _ask(self, command: tuple[str, ...]) -> str:
        where = f"target {self._manifest.name!r}: version command {command[0]!r}"
        try:
            done = subprocess.run(  # noqa: S603 - the manifest's own program
                command,
                cwd=self._manifest.home,
                capture_output=True,
                text=True,
                timeout=_VERSION_S,
                check=False,
            )
        except OSError as error:
            raise TargetUnavailableError(f"{where}: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise TargetUnavailableError(f"{where}: no answer in {_VERSION_S:g} s") from None
        lines = done.stdout.strip().splitlines()
        if done.returncode != 0 or not lines:
            raise TargetUnavailableError(
                f"{where}: exit status {done.returncode}, {len(lines)} lines of output"
            )
        return lines[0].strip()


def launch_of(manifest: Manifest) -> Launch:
    """How the agent of a target of kind process is started."""
    start = manifest.start
    return Launch(
        name=manifest.name,
        command=_filled(manifest, cast("tuple[str, ...]", start["command"])),
        cwd=manifest.home,
        env=cast("Mapping[str, str]", start.get("env", {})),
        seqpacket=start.get("channel") == "seqpacket",
    )


def _filled(manifest: Manifest, command: tuple[str, ...]) -> tuple[str, ...]:
    folder = str(built_folder(manifest.name))
    return tuple(word.replace("{built}", folder) for word in command)


class ProcessStack:
    """The step contract over an agent's channel. For one thread, the one that started it."""

    def __init__(self, channel: AgentChannel, started: Outcome) -> None:
        self._channel = channel
        self._now_ns = started.idle.now_ns
        self._seen = time.monotonic_ns()

    @property
    def clock_kind(self) -> ClockKind:
        return cast("ClockKind", self._channel.hello.clock)

    @property
    def hello(self) -> Hello:
        """What the agent said of itself."""
        return self._channel.hello

    @property
    def pid(self) -> int:
        """The agent's process id."""
        return self._channel.pid

    @property
    def stderr(self) -> str:
        """The end of what the agent has printed."""
        return self._channel.stderr

    def coverage(self) -> bytes | None:
        """The stack's coverage counters as of the last idle, one an octet; None where the agent
        has none or `StackOptions.coverage` did not ask. Raises AgentFault for nonsense.
        """
        return self._channel.coverage()

    def now_ns(self) -> int:
        """The stack's clock: as of the last idle where it is virtual."""
        if self._channel.hello.clock == "virtual":
            return self._now_ns
        return self._now_ns + time.monotonic_ns() - self._seen

    def execute(self, command: Command) -> Outcome:
        """Give one command. Raises StackFault and AgentFault as AgentChannel says."""
        outcome = self._channel.execute(command)
        if type(command) is Advance:
            self._check_advance(command, outcome)
        self._now_ns = outcome.idle.now_ns
        self._seen = time.monotonic_ns()
        return outcome

    def execute_all(
        self, commands: Sequence[Command], into: list[Outcome] | None = None
    ) -> list[Outcome]:
        """Give a burst as a whole and read its outcomes as they come. Raises as `execute` does; a
        sanitizer's text that the agent survives is told with the last command.
        """
        outcomes = [] if into is None else into
        channel, finish = self._channel, self._channel.finish
        for together in self._together(commands):
            if len(together) == 1:
                channel.begin(together[0])
            else:
                channel.begin_all(together)
            for command in together:
                outcome = finish()
                if type(command) is Advance:
                    self._check_advance(command, outcome)
                self._now_ns = outcome.idle.now_ns
                outcomes.append(outcome)
        self._seen = time.monotonic_ns()
        return outcomes

    def close(self) -> None:
        """Tell the agent BYE. It is gone, with all that it started, a second later, once the target
        is asked for another or is closed; at once where it had gone wrong or is busy.
        """
        self._channel.close()

    def _together(self, commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
        """What may be given at once: a real clock's Advance ends when the next frame arrives."""
        if self.clock_kind == "virtual":
            yield commands
            return
        begin = 0
        for index, command in enumerate(commands, 1):
            if type(command) is Advance:
                yield commands[begin : index - 1]
                yield commands[index - 1 : index]
                begin = index
        yield commands[begin:]

    def _check_advance(self, command: Advance, outcome: Outcome) -> None:
        """Whoever waits for a moment would wait for ever on a clock that stands."""
        now_ns = outcome.idle.now_ns
        if self.clock_kind == "virtual" and not outcome.events and now_ns < command.until_ns:
            self.close()
            raise AgentFault(
                f"{self._channel.hello.name}: the agent ended ADVANCE at {now_ns} ns without an "
                f"event, wanted {command.until_ns} ns (until_ns) in IDLE's now_ns"
            )
