"""An agent's program: started with a channel, its last words kept, ended for certain."""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.errors import AgentFault, TargetUnavailableError
from tcpassay.targets import sanitizers
from tcpassay.targets.forking import DESCRIPTOR_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: What is kept of a program's standard error and output, in octets.
KEPT: Final = 1 << 16

#: What is kept of a sanitizer's report from its first line on, in octets.
KEPT_REPORT: Final = 1 << 14

#: Names the descriptor of the memory that an agent's coverage counters lie in, and its size.
COVERAGE_FD: Final = b"TCPASSAY_COVERAGE_FD"
COVERAGE_SIZE: Final = 1 << 20
_COVERAGE_HEAD: Final = struct.Struct("=II")
_COVERAGE_MAGIC: Final = 0x54414356

_CHUNK: Final = 1 << 16
_READ_AT_ONCE: Final = 1 << 20


class Launch(NamedTuple):
    """How to start a program. In `command`, `{fd}` stands for the channel's descriptor,
    `{python}` for this Python, `{folder}` for `cwd`. `env` is laid over the environment: the
    tester's own, or `inherited`, which who starts many takes once (`environment`).
    """

    name: str
    command: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = {}
    seqpacket: bool = False
    coverage: bool = False
    inherited: Mapping[bytes, bytes] = {}


def environment() -> dict[bytes, bytes]:
    """The tester's environment as programs inherit it."""
    return {name: value for name, value in os.environb.items() if name != COVERAGE_FD}


class Program:
    """A running program; `channel` is our end of the socket pair that it was started with.

    Its standard output and error come to one pipe, the end of which `stderr` keeps. It lives in
    the calling thread's namespaces. What ends it with the tester is a `Warden`, or itself.
    Raises TargetUnavailableError.
    """

    def __init__(self, launch: Launch) -> None:
        kind = socket.SOCK_SEQPACKET if launch.seqpacket else socket.SOCK_STREAM
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self._counters = _memory() if launch.coverage else None
        self._kept = bytearray()
        self._report = bytearray()
        self.output, printing = os.pipe()
        os.set_blocking(self.output, False)
        try:
            with theirs, DESCRIPTOR_TABLE:
                self._process = _start(launch, theirs.fileno(), printing, self._counters)
        except OSError as error:
            os.close(self.output)
            self._let_go()
            raise TargetUnavailableError(
                f"target {launch.name!r}: cannot start {_command(launch, 0)[0]!r}: "
                f"{error.strerror}; see start.command in its target.toml"
            ) from None
        finally:
            os.close(printing)
        self.pidfd = os.pidfd_open(self._process.pid)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def stderr(self) -> str:
        """The last KEPT octets of what the program printed."""
        return self._kept.decode(errors="replace")

    @property
    def report(self) -> str:
        """A sanitizer's report from its first line on; empty where none was printed."""
        return self._report.decode(errors="replace")

    def coverage(self) -> bytes | None:
        """The counters, one an octet; None where the agent has none, or was not asked for them.

        Raises AgentFault for memory that begins with anything but magic and count.
        """
        if self._counters is None:
            return None
        magic, count = _COVERAGE_HEAD.unpack(os.pread(self._counters, _COVERAGE_HEAD.size, 0))
        if not magic:
            return None
        if magic != _COVERAGE_MAGIC or count > COVERAGE_SIZE - _COVERAGE_HEAD.size:
            raise AgentFault(
                f"coverage counters begin with 0x{magic:08x} and count {count}, wanted "
                f"0x{_COVERAGE_MAGIC:08x} and at most {COVERAGE_SIZE - _COVERAGE_HEAD.size}"
            )
        return os.pread(self._counters, count, _COVERAGE_HEAD.size)

    def read_output(self) -> bool:
        """Take in what was printed, up to a mebibyte; False when nothing more can come."""
        for _ in range(_READ_AT_ONCE // _CHUNK):
            try:
                chunk = os.read(self.output, _CHUNK)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._keep(chunk)
        return True

    def _keep(self, chunk: bytes) -> None:
        tail = len(self._kept)
        self._kept += chunk
        if self._report:
            self._report += chunk[: KEPT_REPORT - len(self._report)]
        elif found := sanitizers.BEGINS.search(self._kept, max(0, tail - sanitizers.LONGEST)):
            begins = self._kept.rfind(b"\n", 0, found.start()) + 1
            self._report += self._kept[begins : begins + KEPT_REPORT]
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
            os.close(self.output)
            self._let_go()
        return self._process.returncode

    def _let_go(self) -> None:
        self.channel.close()
        if self._counters is not None:
            os.close(self._counters)
            self._counters = None


def _memory() -> int:
    """Memory to share with an agent, as a descriptor; it is gone with the last one."""
    fd = os.memfd_create("tcpassay-coverage")
    os.ftruncate(fd, COVERAGE_SIZE)
    return fd


def _start(launch: Launch, fd: int, printing: int, counters: int | None) -> subprocess.Popen[bytes]:
    env = {**(launch.inherited or environment()), b"TCPASSAY_FD": b"%d" % fd}
    env |= {os.fsencode(name): os.fsencode(value) for name, value in launch.env.items()}
    if counters is not None:
        env[COVERAGE_FD] = b"%d" % counters
    # Without preexec_fn Python takes vfork(2), which does not copy the tester's memory.
    process = subprocess.Popen(  # noqa: S603 - the manifest's own program
        _command(launch, fd),
        stdin=subprocess.DEVNULL,
        stdout=printing,
        stderr=printing,
        cwd=launch.cwd,
        env=env,
        pass_fds=(fd,) if counters is None else (fd, counters),
        start_new_session=True,
    )
    with suppress(OSError):
        # A stack that ends leaves no core in the target's folder. The hard limit stays: a sanitizer
        # that has just read it would not be let to set what it has read.
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_CORE)
        resource.prlimit(process.pid, resource.RLIMIT_CORE, (0, hard))
    return process


def _command(launch: Launch, fd: int) -> list[str]:
    places = {"{fd}": str(fd), "{python}": sys.executable, "{folder}": str(launch.cwd or ".")}
    return [_filled(word, places) for word in launch.command]


def _filled(word: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        word = word.replace(place, value)
    return word
