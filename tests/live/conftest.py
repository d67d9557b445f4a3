"""A network namespace with a name, whose kernel is the other host; and a capture of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tcpassay.live.link import NAMED
from tcpassay.targets.namespace.netns import NetworkNamespace, open_current

if TYPE_CHECKING:
    from collections.abc import Iterator

_ETH_P_ALL = 3
_ETH_P_IP = 0x0800
_SO_RCVBUFFORCE = 33
_CAPTURE_BUFFER = 1 << 26


class Capture:
    """Every IPv4 datagram that crosses a device of the namespace, either way."""

    def __init__(self, space: NetworkNamespace) -> None:
        with space:
            self._socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL)
            )
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _CAPTURE_BUFFER)
        self._socket.settimeout(0.1)
        self._datagrams: list[bytes] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                octets, (_, protocol, *_) = self._socket.recvfrom(65_535)
            except TimeoutError:
                if self._over.is_set():
                    return
                continue
            if protocol == _ETH_P_IP:
                self._datagrams.append(octets)

    def stop(self) -> list[bytes]:
        """What was seen."""
        self._over.set()
        self._thread.join()
        self._socket.close()
        return self._datagrams


class Lab:
    """A namespace, programs run inside it, and `tcpassay` run beside it."""

    def __init__(self, name: str) -> None:
        self.name = name
        inside, home = os.open(NAMED / name, os.O_RDONLY), open_current()
        self.space = NetworkNamespace(inside, home)
        self._home = home
        self._running: list[subprocess.Popen[str]] = []
        self._captures: list[Capture] = []

    def tcpassay(self, verb: str, *arguments: str, tun: str = "tun0") -> list[str]:
        """The command line of a verb on a device of this namespace."""
        place = ("--netns", self.name, "--tun", tun)
        return [sys.executable, "-m", "tcpassay", verb, *arguments, *place]

    def start(self, *command: str, ready: str) -> subprocess.Popen[str]:
        """A program that runs until the end; back when it has printed a line with `ready`."""
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._running.append(process)
        stdout: IO[str] | None = process.stdout
        assert stdout is not None
        line = stdout.readline()
        if ready not in line:
            process.kill()
            pytest.fail(f"{command}: {line}{process.communicate()[1]}")
        return process

    def serve(self, *arguments: str) -> subprocess.Popen[str]:
        """The reference stack as a server on tun0."""
        return self.start(*self.tcpassay("serve", "reference", *arguments), ready="Ctrl-C")

    def inside(self, *command: str) -> list[str]:
        """A command line that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *command]

    def kernel_server(self, root: Path, port: int = 8000) -> None:
        """A file server over the kernel's TCP."""
        server = ("-u", "-m", "http.server", str(port), "--directory", str(root))
        self.start(*self.inside(sys.executable, *server), ready="Serving")

    def capture(self) -> Capture:
        """A capture that begins now."""
        capture = Capture(self.space)
        self._captures.append(capture)
        return capture

    def connect(self, address: tuple[str, int]) -> socket.socket:
        """A connection of the namespace's kernel."""
        with self.space:
            made = socket.socket()
        made.settimeout(10)
        made.connect(address)
        return made

    def devices(self) -> list[str]:
        """The names of the namespace's devices."""
        done = subprocess.run(
            ["ip", "-n", self.name, "-br", "link"], capture_output=True, text=True, check=True
        )
        return [line.split()[0] for line in done.stdout.splitlines()]

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.communicate(timeout=10)
        for capture in self._captures:
            capture.stop()
        self.space.close()
        os.close(self._home)


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A namespace of the test's own, made by ip-netns(8)."""
    if shutil.which("ip") is None:
        pytest.skip("needs ip of iproute2: apt-get install iproute2")
    name = f"tcpassay-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"ip netns add was refused ({made.stderr.strip()}): run as root")
    try:
        lab = Lab(name)
        yield lab
        lab.close()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)
