"""An agent in front of the reference stack that goes wrong on a datagram to port 9000 and up."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcpassay.core.events import Datagram, Outcome, Sent
from tcpassay.targets.agent.link import Link
from tcpassay.targets.agent.serve import serve
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.messages import Hello
from tcpassay.targets.protocol import PROTOCOL
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Command
    from tcpassay.targets.messages import Start

FD = int(os.environ["TCPASSAY_FD"])


def die() -> None:
    os.write(2, b"stack: assertion failed\n")
    os.kill(os.getpid(), signal.SIGSEGV)


def give_up() -> None:
    os.write(2, b"agent: out of descriptors\n")
    os._exit(70)


def hang() -> None:
    Path("hangs").touch()
    while True:
        time.sleep(60)


def close() -> None:
    os.close(FD)
    hang()


def babble() -> None:
    os.write(FD, b"HTTP/1.1 400 Bad Request\r\n")
    hang()


def sanitize() -> None:
    os.write(2, b"==7==ERROR: AddressSanitizer: heap-buffer-overflow\n")
    os.write(2, b"    #0 0x4f2 in tcp_input src/core/tcp_in.c:321:5\n")
    os._exit(1)


WAYS: tuple[Callable[[], None], ...] = (
    die, give_up, hang, babble, sanitize, lambda: os._exit(0), close, lambda: None,
)  # fmt: skip


class Wild:
    """The reference stack; `execute` goes wrong in the way that a datagram's port names."""

    def __init__(self, stack: Any) -> None:
        self._stack = stack
        self.now_ns = stack.now_ns
        self.close = stack.close

    def execute(self, command: Command) -> Outcome:
        port = 0
        if isinstance(command, Datagram):
            port = int.from_bytes(command.octets[22:24])
            if port >= 9000:
                WAYS[port - 9000]()
        outcome: Outcome = self._stack.execute(command)
        if port == 9007:
            return Outcome([Sent(0, b"x")] * 100_001, outcome.idle)
        return outcome


def open_stack(start: Start) -> Any:
    if sys.argv[1:] == ["refuse"]:
        raise SystemExit("no licence")
    options = StackOptions(seed=start.seed, own_process=start.own_process)
    return Wild(open_target("reference").start(options))


def main() -> int:
    protocol = 9 if sys.argv[1:] == ["version"] else PROTOCOL
    if sys.argv[1:] == ["garbage"]:
        os.write(FD, b"SSH-2.0-OpenSSH_9.6\r\n")
    if sys.argv[1:] == ["die"]:
        die()
    if sys.argv[1:] == ["silent"]:
        hang()
    return serve(Hello(protocol, "wild", "1", "virtual", (), ()), open_stack, Link(FD))


sys.exit(main())
