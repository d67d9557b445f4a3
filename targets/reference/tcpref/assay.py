"""The stack as a tester drives it: octets, times, calls and plain values, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from tcpref import addresses as ip
from tcpref import reuseport
from tcpref.calls import CALLS
from tcpref.calls_options import numbers
from tcpref.kernel import Kernel
from tcpref.settings import Settings, make_settings
from tcpref.stack import Stack

VERSION = "tcpref 0.1.0"
DEFAULT_SETTINGS = Settings()


class Assay:
    """One fresh host. Times are nanoseconds of a clock that never goes back."""

    version: str = VERSION

    def __init__(self, settings: Settings, addresses: Sequence[bytes], seed: int) -> None:
        self.stack = Stack(settings, addresses, Random(seed))
        self.kernel = Kernel(self.stack, CALLS)

    def on_datagram(self, octets: bytes, now_ns: int) -> None:
        """An IP datagram has come from the link."""
        stack = self.stack
        stack.now = now_ns
        stack.datagram_arrives(octets)
        if stack.woken or stack.expired_calls:
            self.kernel.settle()

    def on_timer(self, now_ns: int) -> None:
        """Time has passed; whatever is due by `now_ns` is done."""
        self.stack.now = now_ns
        self.stack.time_passes()
        self._settle()

    def next_timeout(self) -> int | None:
        """When `on_timer` must be called next; None for never."""
        return self.stack.timers.next_deadline()

    def call(
        self,
        call_id: int,
        process: int,
        name: str,
        args: Sequence[tuple[str, object]],
        now_ns: int,
    ) -> None:
        """Begin a socket call; its return is among the output now or later."""
        stack = self.stack
        stack.now = now_ns
        self.kernel.start(call_id, process, name, args)
        if stack.woken or stack.expired_calls:
            self.kernel.settle()

    def cancel(self, call_id: int, now_ns: int) -> None:
        """A pending call returns with EINTR, or with what it has done."""
        self.stack.now = now_ns
        self.kernel.cancel(call_id)
        self._settle()

    def spawn(self, process: int, fork_of: int | None, user: int | None, now_ns: int) -> None:
        """A new process, or a fork of one. Raises ValueError for a number in use or unknown."""
        self.stack.now = now_ns
        self.kernel.spawn(process, fork_of, user)
        self._settle()

    def kill(self, process: int, signal: str, now_ns: int) -> None:
        """End a process by a signal; its descriptors are closed."""
        self.stack.now = now_ns
        self.kernel.kill(process, signal)
        self._settle()

    def blocked(self) -> tuple[int, ...]:
        """The ids of calls that have started and not returned."""
        return tuple(self.kernel.pending)

    def read_state(
        self, local: tuple[str, int], remote: tuple[str, int] | None
    ) -> tuple[str, dict[str, int]]:
        """State (RFC 9293, 3.3.2) and numbers of a connection, or of a listener."""
        here = ip.from_text(local[0]) or b""
        if remote is None:
            listener = self.stack.find_listener(here, local[1])
            return ("CLOSED" if listener is None else "LISTEN"), {}
        there = ip.from_text(remote[0]) or b""
        tcb = self.stack.connections.get((here, local[1], there, remote[1]))
        if tcb is None:
            return "CLOSED", {}
        return str(tcb.state), numbers(tcb)

    def read_stats(self) -> dict[str, int]:
        """What the stack holds; all zero but listeners once every connection has ended."""
        stack = self.stack
        tcbs = stack.connections.values()
        listeners = tuple(reuseport.every(stack))
        return {
            "connections": len(stack.connections),
            "listeners": len(listeners),
            "timers": stack.timers.running(),
            "queued_octets": sum(
                len(tcb.send_buffer) + len(tcb.received) + tcb.reassembly.octets() for tcb in tcbs
            ),
            "syn_queue": sum(len(listener.syn_queue) for listener in listeners),
            "accept_queue": sum(len(listener.accept_queue) for listener in listeners),
            "fragment_octets": stack.fragments.octets(),
            "blocked_calls": len(self.kernel.pending),
        }

    def take_output(self) -> list[tuple[object, ...]]:
        """What has happened since the last time, in order; see docs/targets.md for the shapes."""
        stack = self.stack
        events, stack.events = stack.events, []
        return events

    def _settle(self) -> None:
        """Let calls return that can."""
        if self.stack.woken or self.stack.expired_calls:
            self.kernel.settle()


def open_stack(config: Mapping[str, object]) -> Assay:
    """A fresh stack from {"seed": int, "addresses": [text, ...], "settings": {name: value}}.

    Raises ValueError in one line for an address or setting that is wrong.
    """
    seed = config.get("seed", 0)
    addresses = config.get("addresses", ["192.0.2.1"])
    values = config.get("settings") or {}
    if not isinstance(seed, int) or not isinstance(values, Mapping):
        msg = f"config: wanted an int seed and a table of settings, got {seed!r} and {values!r}"
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for whatever config is wrong
    settings = make_settings(values) if values else DEFAULT_SETTINGS
    return Assay(settings, parse_addresses(addresses), seed)


def parse_addresses(addresses: object) -> tuple[bytes, ...]:
    """The stack's addresses; raises ValueError for none, or for one that is no address."""
    if not isinstance(addresses, (list, tuple)) or not addresses:
        msg = f"addresses: wanted a list of IP addresses, got {addresses!r}"
        raise ValueError(msg)
    packed: list[bytes] = []
    for text in addresses:
        address = ip.from_text(text) if isinstance(text, str) else None
        if address is None:
            msg = f"addresses: wanted IPv4 in dotted decimal or IPv6, got {text!r}"
            raise ValueError(msg)
        packed.append(address)
    return tuple(packed)
