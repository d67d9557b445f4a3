"""A process that makes namespaces ahead of the demand and hands their descriptors over.

Making one keeps the kernel busy for about 1 ms. In a thread of the tester that would also take
Python's lock from the cases two dozen times.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.forking import DESCRIPTOR_TABLE
from tcpassay.targets.namespace import netns
from tcpassay.targets.namespace.making import Made, Recipe, make

if TYPE_CHECKING:
    from tcpassay.targets.contract import IpVersion

#: How many are kept ready.
DEPTH: Final = 2

_ORDER: Final = b"one more"
_SOURCE: Final = Path(__file__).resolve().parents[3]
#: Seconds that one under way is waited for: two that are made at once hinder each other.
_UNDERWAY_S: Final = 0.005
_ENDS_WITHIN_S: Final = 1.0
_LONGEST: Final = 4096


class Foundry:
    """The tester's side: takes what is ready or nearly so. Not for several threads at once.

    `home` is a descriptor of the tester's own namespace. Raises OSError where no process can be
    started.
    """

    def __init__(self, recipe: Recipe, home: int) -> None:
        self._home = home
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(_UNDERWAY_S)
        try:
            with theirs, DESCRIPTOR_TABLE:
                self._process = _start(theirs.fileno(), recipe)
        except OSError:
            self._channel.close()
            raise
        for _ in range(DEPTH):
            self._channel.send(_ORDER)

    def take(self) -> Made | None:
        """One that was made ahead, and another is ordered; None when there is none in time."""
        try:
            _, descriptors, _, _ = socket.recv_fds(self._channel, 1, 2)
            self._channel.send(_ORDER)
        except OSError:
            return None
        if len(descriptors) != 2:
            return None
        space, device = descriptors
        return Made(netns.NetworkNamespace(space, self._home), device)

    def close(self) -> None:
        """End the process and let go what it had made. Never raises."""
        # What lies in the channel is freed by the kernel when both ends are closed.
        self._channel.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _start(fd: int, recipe: Recipe) -> subprocess.Popen[bytes]:
    program = (
        f"import sys; sys.path.insert(0, {str(_SOURCE)!r}); "
        "from tcpassay.targets.namespace.foundry import work; "
        "work(int(sys.argv[1]), sys.argv[2])"
    )
    # -I -S: nothing but the standard library and ourselves, which halves the time to start.
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", "-c", program, str(fd), json.dumps(recipe)],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def work(fd: int, recipe_text: str) -> None:
    """The process's side: one namespace an order, until the tester is gone."""
    # Ctrl-C reaches the whole foreground group; the end of the channel is what counts here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=fd)
    recipe = _recipe(recipe_text)
    home = netns.open_current()
    while channel.recv(_LONGEST):
        try:
            made = make(recipe, home)
        except TargetUnavailableError:
            # The tester makes the next one itself and is told why it cannot.
            return
        try:
            socket.send_fds(channel, [b"\0"], [made.namespace.fd, made.tun])
        except OSError:
            return
        finally:
            made.close()


def _recipe(text: str) -> Recipe:
    version, hosts, prefix, sysctls = json.loads(text)
    ip: IpVersion = 4 if version == 4 else 6
    return Recipe(ip, tuple(hosts), prefix, tuple((name, value) for name, value in sysctls))
