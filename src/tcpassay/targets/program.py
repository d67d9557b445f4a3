"""An agent's program: started with a channel, its last words kept, ended for certain."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.forking import DESCRIPTOR_TABLE
from tcpassay.targets.orphans import die_with

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What is kept of a program's standard error and output, in octets.
KEPT: Final = 1 << 16

_SANITIZER: Final = re.compile(
    rb"ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|: runtime error: |==\d+==ERROR"
)
_CHUNK: Final = 1 << 16


class Launch(NamedTuple):
    """How to start a program. In `command`, `{fd}` stands for the channel's descriptor,
    `{python}` for this Python, `{folder}` for `cwd`.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = {}
    seqpacket: bool = False


class Program:
    """A running program; `channel` is our end of the socket pair that it was started with.

    Its standard output and error come to one pipe, the end of which `stderr` keeps. It is killed
    by the kernel when the thread that started it ends. Raises TargetUnavailableError.
    """

    def __init__(self, launch: Launch) -> None:
        kind = socket.SOCK_SEQPACKET if launch.seqpacket else socket.SOCK_STREAM
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.channel.setblocking(False)
        self._kept = bytearray()
        self.sanitizer = False
        with theirs:
            try:
                with DESCRIPTOR_TABLE:
                    self._process = _start(launch, theirs.fileno())
            except OSError as error:
                self.channel.close()
                raise TargetUnavailableError(
                    f"target {launch.name!r}: cannot start {_command(launch, 0)[0]!r}: "
                    f"{error.strerror}; see start.command in its target.toml"
                ) from None
        if self._process.stdout is None:
            raise TargetUnavailableError(f"target {launch.name!r}: no pipe for its output")
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        self.pidfd = os.pidfd_open(self._process.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stderr(self) -> str:
        """The last KEPT octets of what the program printed."""
        return self._kept.decode(errors="replace")

    def read_output(self) -> bool:
        """Take in what was printed; False when nothing more can come."""
        while True:
            try:
                chunk = os.read(self.output, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            tail = len(self._kept)
            self._kept += chunk
            if not self.sanitizer:
                self.sanitizer = _SANITIZER.search(self._kept, max(0, tail - 64)) is not None
            if len(self._kept) > KEPT:
                del self._kept[:-KEPT]

    def ended(self, within_s: float) -> bool:
        """Whether the program ends within this time."""
        # Not select(): with hundreds of stacks the number lies beyond FD_SETSIZE.
        waiting = select.poll()
        waiting.register(self.pidfd, select.POLLIN)
        return bool(waiting.poll(within_s * 1000))

    def stop(self, grace_s: float) -> int:
        """Close the channel, wait, kill what is left of it; the exit status. Never raises."""
        self.channel.close()
        if self._process.returncode is None:
            self.ended(grace_s)
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
            self._process.wait()
            self.read_output()
            os.close(self.pidfd)
            if self._process.stdout is not None:
                self._process.stdout.close()
        return self._process.returncode


def _start(launch: Launch, fd: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - the manifest's own program
        _command(launch, fd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=launch.cwd,
        env={**os.environ, **launch.env, "TCPASSAY_FD": str(fd)},
        pass_fds=(fd,),
        start_new_session=True,
        preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - it takes no lock
    )


def _command(launch: Launch, fd: int) -> list[str]:
    places = {"{fd}": str(fd), "{python}": sys.executable, "{folder}": str(launch.cwd or ".")}
    return [_filled(word, places) for word in launch.command]


def _filled(word: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        word = word.replace(place, value)
    return word
