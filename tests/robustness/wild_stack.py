"""In-process stacks that go wrong, each in a way of its own, around the reference stack.

Whatever is opened with seed 0 behaves, so that the preflight, which uses it, lets the cases run.
"""

from __future__ import annotations

import random
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tcpref.assay import open_stack

Config = Mapping[str, Any]


def garbage(source: random.Random, real: bytes) -> Iterator[bytes]:
    """Datagrams that no stack should send, some made from one that it did send."""
    while True:
        yield source.randbytes(source.randrange(0, 80))
        yield real[: source.randrange(0, len(real))]
        yield real[:16] + b"\x0a\x00\x00\x01" + real[20:]
        yield _with(real, source.randrange(20, len(real)), source.randrange(256))
        yield b"\x45" + source.randbytes(65534)
        yield b"\x60" + bytes(7) + b"\x06\x40".ljust(34, b"\1") + real[20:]
        yield ip(1, real, b"\x03\x01" + source.randbytes(30))
        yield ip(17, real, source.randbytes(12))
        yield ip(6, real, source.randbytes(7))
        yield ip(6, real, source.randbytes(40))
        yield b"\x4f" + real[1:20]
        yield _with(real, 32, 0xF0)
        yield b""


def _with(octets: bytes, at: int, value: int) -> bytes:
    return octets[:at] + bytes([value]) + octets[at + 1 :]


def ip(protocol: int, like: bytes, body: bytes) -> bytes:
    """An IPv4 header with a right checksum and the addresses of `like`, and a body."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, 0, 64, protocol, 0) + like[12:20]
    words = sum(struct.unpack("!10H", head))
    words = (words & 0xFFFF) + (words >> 16)
    return head[:10] + struct.pack("!H", ~(words + (words >> 16)) & 0xFFFF) + head[12:] + body


class Wild:
    """The reference stack behind one method that another takes the place of."""

    def __init__(self, config: Config) -> None:
        self._inner = open_stack(config)
        self.version = self._inner.version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Garbage(Wild):
    """Adds garbage to every `every`-th output from the `first`-th on that has a datagram in it."""

    def __init__(self, config: Config, first: int, every: int, instead: bool) -> None:
        super().__init__(config)
        self._random = random.Random(config["seed"])
        self._first, self._every, self._instead = first, every, instead
        self._source: Iterator[bytes] | None = None
        self._count = 0

    def take_output(self) -> list[tuple[object, ...]]:
        output: list[tuple[object, ...]] = self._inner.take_output()
        sent: list[Any] = [event[1] for event in output if event[0] == "datagram"]
        if not sent:
            return output
        self._count += 1
        if self._count < self._first or (self._count - self._first) % self._every:
            return output
        if self._source is None:
            self._source = garbage(self._random, bytes(sent[0]))
            for _ in range(self._random.randrange(13)):
                next(self._source)
        kept = [event for event in output if not self._instead or event[0] != "datagram"]
        return [*kept, ("datagram", next(self._source))]


def _unless_seed_is_0(make: Callable[[Config], Any]) -> Callable[[Config], Any]:
    return lambda config: make(config) if config["seed"] else open_stack(config)


def _overriding(**methods: Callable[..., Any]) -> Callable[[Config], Any]:
    def make(config: Config) -> Any:
        stack = Wild(config)
        for name, method in methods.items():
            setattr(stack, name, method)
        return stack

    return _unless_seed_is_0(make)


def _raise(error: BaseException) -> Callable[..., Any]:
    def method(*_: object) -> None:
        raise error

    return method


def _spin(*_: object) -> None:
    while True:
        time.monotonic()


def _deepen(*arguments: object) -> None:
    _deepen(*arguments)


garbage_first = _unless_seed_is_0(lambda config: Garbage(config, 1, 1, instead=False))
garbage_second = _unless_seed_is_0(lambda config: Garbage(config, 2, 2, instead=False))
garbage_third = _unless_seed_is_0(lambda config: Garbage(config, 3, 1, instead=True))
garbage_only = _unless_seed_is_0(lambda config: Garbage(config, 1, 1, instead=True))

raises = _overriding(on_datagram=_raise(KeyError("no such\nconnection")))
leaves = _overriding(on_datagram=_raise(SystemExit(0)))
recurses = _overriding(on_datagram=_deepen)
spins = _overriding(on_datagram=_spin)
timer_in_the_past = _overriding(next_timeout=lambda: 5, on_timer=lambda _now: None)
timer_is_text = _overriding(next_timeout=lambda: "soon")
timer_spins = _overriding(next_timeout=lambda: 1, on_timer=_spin)
output_is_none = _overriding(take_output=lambda: None)
output_is_text = _overriding(take_output=lambda: ["datagram"])
output_is_short = _overriding(take_output=lambda: [("return", 1)])
output_is_unknown = _overriding(take_output=lambda: [("packet", b"")])
output_is_no_octets = _overriding(take_output=lambda: [("datagram", "text")])
output_of_no_call = _overriding(take_output=lambda: [("return", 999, 0, 0, None, ())])
output_never_ends = _overriding(take_output=lambda: [("log", "x")])
blocked_is_none = _overriding(blocked=lambda: None)
blocked_is_text = _overriding(blocked=lambda: ("x", None))
state_is_none = _overriding(read_state=lambda *_: None)
state_is_odd = _overriding(read_state=lambda *_: ("ESTABLISHED", {"snd.una": "text"}))
opens_never = _raise(RuntimeError("no memory\nat all"))
opens_and_leaves = _raise(SystemExit(0))


def opens_noisily(config: Config) -> Any:
    """Prints on the tester's own streams."""
    sys.stdout.write("\x1b[2Jnoise\n")
    return open_stack(config)
