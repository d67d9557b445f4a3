"""A tiny stack that echoes datagrams and misbehaves on request; for tests of the adapters.

A datagram comes back reversed. "tick" as a datagram arms a timer one second ahead, "silent" one
that fires without output, "stuck" one that never moves on, "bad" gives malformed output, "raise"
raises, "die" ends the whole process, "hang" spins, "two" answers with two datagrams.
`recv` blocks until the next datagram; `getpid` returns the process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence

SECOND = 1_000_000_000


class ToyStack:
    """Honours the in-process interface of docs/targets.md, but for what it is asked to break."""

    version = "toy 1.0"

    def __init__(self, config: Mapping[str, object]) -> None:
        settings = config["settings"]
        assert isinstance(settings, dict)
        for name in settings:
            if name not in ("greeting", "colour"):
                raise ValueError(f"no setting {name!r}")
        self.config = config
        self.settings: dict[str, object] = settings
        self.out: list[tuple[object, ...]] = []
        self.timers: list[tuple[int, str]] = []
        self.waiting: dict[int, int] = {}
        self.processes = {0}

    def on_datagram(self, octets: bytes, now_ns: int) -> None:
        if self.waiting:
            call, process = self.waiting.popitem()
            self.out.append(("return", call, process, len(octets), None, (("octets", octets),)))
            return
        text = octets.decode("latin-1")
        if text == "tick":
            self.timers.append((now_ns + SECOND, "tock"))
        elif text in ("silent", "stuck"):
            self.timers.append((now_ns + SECOND // 2, text))
        elif text == "raise":
            raise KeyError("a bug\nin the stack")
        elif text == "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif text == "hang":
            while True:
                pass
        elif text == "sanitizer":
            os.write(2, b"==1==ERROR: AddressSanitizer: heap-use-after-free\n")
            self.out.append(("datagram", b"alive"))
        elif text == "bad":
            self.out.append(("datagram", "not octets"))
        elif text == "two":
            self.out += [("datagram", b"one"), ("datagram", b"two")]
        else:
            self.out.append(("datagram", octets[::-1]))

    def on_timer(self, now_ns: int) -> None:
        due = [timer for timer in self.timers if timer[0] <= now_ns and timer[1] != "stuck"]
        for when, text in due:
            self.timers.remove((when, text))
            if text != "silent":
                self.out.append(("datagram", text.encode()))

    def next_timeout(self) -> int | None:
        return min((when for when, _ in self.timers), default=None)

    def call(
        self,
        call_id: int,
        process: int,
        name: str,
        args: Sequence[tuple[str, object]],
        now_ns: int,
    ) -> None:
        if name == "recv":
            self.waiting[call_id] = process
        elif name == "send":
            octets = dict(args)["octets"]
            assert isinstance(octets, bytes)
            self.out.append(("datagram", octets))
            self.out.append(("return", call_id, process, len(octets), None, ()))
        elif name == "getpid":
            self.out.append(("return", call_id, process, process, None, (("value", now_ns),)))
        elif name == "echo":
            self.out.append(("return", call_id, process, 0, None, tuple(args)))
        else:
            self.out.append(("return", call_id, process, -1, "ENOSYS-AGENT", ()))

    def cancel(self, call_id: int, now_ns: int) -> None:
        del now_ns
        process = self.waiting.pop(call_id)
        self.out.append(("return", call_id, process, -1, "EINTR", ()))

    def spawn(self, process: int, fork_of: int | None, user: int | None, now_ns: int) -> None:
        del now_ns
        self.processes.add(process)
        self.out.append(("log", f"spawn {process} of {fork_of} as {user}"))

    def kill(self, process: int, signal: str, now_ns: int) -> None:
        del now_ns
        self.processes.discard(process)
        self.out.append(("signal", process, signal))
        self.out.append(("exit", process, -9))

    def blocked(self) -> tuple[int, ...]:
        return tuple(self.waiting)

    def read_state(
        self, local: tuple[str, int], remote: tuple[str, int] | None
    ) -> tuple[str, dict[str, int]]:
        return ("LISTEN" if remote is None else "ESTABLISHED", {"snd.una": local[1]})

    def read_stats(self) -> dict[str, int]:
        return {"processes": len(self.processes)}

    def take_output(self) -> list[tuple[object, ...]]:
        out, self.out = self.out, []
        return out


def open_stack(config: Mapping[str, object]) -> ToyStack:
    """The manifest's entry."""
    return ToyStack(config)


def open_broken(config: Mapping[str, object]) -> ToyStack:
    """An entry that fails."""
    raise RuntimeError(f"no such luck with {sorted(config)}")
