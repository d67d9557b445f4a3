"""Apps in processes of their own: an agent that lives inside the stack's namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Advance
from tcpassay.targets.agent.launch import posix_launch
from tcpassay.targets.channel import AgentChannel
from tcpassay.targets.messages import Start

if TYPE_CHECKING:
    from tcpassay.core.clock import RealClock
    from tcpassay.core.events import Command, StackEvent
    from tcpassay.targets.contract import StackOptions
    from tcpassay.targets.manifest import Addresses
    from tcpassay.targets.namespace.netns import NetworkNamespace

#: A moment that is always past: an agent told to advance to it settles and is idle.
_AT_ONCE = Advance(0)


class Apps:
    """The agent and what its processes' calls are doing. Its clock is the stack's.

    Raises TargetUnavailableError when the agent cannot be started.
    """

    def __init__(
        self,
        name: str,
        namespace: NetworkNamespace,
        clock: RealClock,
        options: StackOptions,
        addresses: Addresses,
    ) -> None:
        with namespace:
            self._channel = AgentChannel(posix_launch(name))
        self._channel.greet()
        start = Start(
            seed=options.seed,
            ip=options.ip,
            addresses=addresses.stack,
            peer=addresses.peer,
            prefix=addresses.prefix,
            settings={"origin_ns": -clock.from_monotonic(0)},
            own_process=True,
        )
        self.blocked = self._channel.start(start).idle.blocked

    def fileno(self) -> int:
        """Readable when an Advance that was begun has ended."""
        return self._channel.fileno()

    def execute(self, command: Command) -> list[StackEvent]:
        """Hand a command on. Raises StackFault and AgentFault as AgentChannel does."""
        self._channel.begin(command)
        return self.finish()

    def settle(self) -> list[StackEvent]:
        """What the processes have to tell by now."""
        return self.execute(_AT_ONCE) if self.blocked else []

    def begin_advance(self, until_ns: int) -> None:
        """Have the agent wait for an event of its processes; follow with `finish` or `stop`."""
        self._channel.begin(Advance(until_ns))

    def finish(self) -> list[StackEvent]:
        """The events of what was begun."""
        outcome = self._channel.finish()
        self.blocked = outcome.idle.blocked
        return outcome.events

    def stop(self) -> list[StackEvent]:
        """End an Advance early; its events."""
        self._channel.begin(_AT_ONCE)
        return self.finish() + self.finish()

    def close(self) -> None:
        """End the agent and its processes; never raises."""
        self._channel.close()
