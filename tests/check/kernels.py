"""Two kernels with a bad link between them, and captures at both ends of it."""

from __future__ import annotations

import contextlib
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import threading
import time
from typing import TYPE_CHECKING, NamedTuple, Self

from tcpassay.targets.namespace import netns, rtnetlink, tun
from tcpassay.wire.pcapng import INBOUND, interface, packet, section

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The target's address and its peer's, by IP version.
TARGET = {4: "192.0.2.1", 6: "2001:db8::1"}
PEER = {4: "192.0.2.2", 6: "2001:db8::2"}
_PORT = 7


class Weather(NamedTuple):
    """Shares lost, doubled and held back, and the delay, each way."""

    loss: float = 0.0
    dup: float = 0.0
    reorder: float = 0.0
    delay_s: float = 0.0


class Captures(NamedTuple):
    """The same traffic as seen at the target and at its peer."""

    target: Path
    peer: Path


class Kernels:
    """Two network namespaces, each behind a TUN, and a relay that carries what they send."""

    def __init__(self, folder: Path, weather: Weather, seed: int = 1) -> None:
        self._weather = weather
        self._chance = random.Random(seed)
        self._home = netns.open_current()
        self.target, self._target_tun = self._host(TARGET, PEER)
        self.peer, self._peer_tun = self._host(PEER, TARGET)
        self.captures = Captures(folder / "target.pcapng", folder / "peer.pcapng")
        self._files = [path.open("wb") for path in self.captures]
        for file in self._files:
            file.write(section() + interface("tun0"))
        self._stop_read, self._stop_write = os.pipe()
        self._relay = threading.Thread(target=self._carry)

    def _host(
        self, own: dict[int, str], other: dict[int, str]
    ) -> tuple[netns.NetworkNamespace, int]:
        space = netns.make(self._home)
        try:
            fd = tun.open_tun()
            for command in (
                "ip link set lo up",
                f"ip addr add {own[4]} peer {other[4]} dev tun0",
                f"ip -6 addr add {own[6]}/64 dev tun0 nodad",
                "ip link set tun0 up mtu 1500",
            ):
                subprocess.run(command.split(), check=True)
            rtnetlink.await_ipv6((own[6],))
        finally:
            space.leave()
        return space, fd

    def __enter__(self) -> Self:
        self._relay.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stop_write, b"x")
        self._relay.join()
        for file in self._files:
            file.close()
        for fd in (self._target_tun, self._peer_tun, self._stop_read, self._stop_write, self._home):
            os.close(fd)
        self.target.close()
        self.peer.close()

    def _carry(self) -> None:
        """Read both devices, capture at the sender, deliver what survives, capture there."""
        ends = (self._target_tun, self._peer_tun)
        waiting: list[tuple[float, int, int, bytes]] = []
        count = 0
        while True:
            timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            ready, _, _ = select.select([*ends, self._stop_read], [], [], timeout)
            if self._stop_read in ready:
                return
            for side in (0, 1):
                if ends[side] not in ready:
                    continue
                with contextlib.suppress(BlockingIOError):
                    while True:
                        octets = os.read(ends[side], 65536)
                        self._write(side, octets)
                        for due in self._fate():
                            count += 1
                            heapq.heappush(waiting, (due, count, 1 - side, octets))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, side, octets = heapq.heappop(waiting)
                self._write(side, octets)
                os.write(ends[side], octets)

    def _fate(self) -> list[float]:
        weather, chance = self._weather, self._chance.random
        due = time.monotonic() + weather.delay_s
        if chance() < weather.loss:
            return []
        if chance() < weather.reorder:
            due += 0.004
        return [due] * (2 if chance() < weather.dup else 1)

    def _write(self, side: int, octets: bytes) -> None:
        self._files[side].write(packet(time.time_ns(), INBOUND, octets))


def transfer(
    client: netns.NetworkNamespace,
    server: netns.NetworkNamespace,
    address: str,
    talk: Callable[[socket.socket], None],
    serve: Callable[[socket.socket], None],
    times: int = 1,
) -> None:
    """`times` connections, one after the other, to a listener in another namespace."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with server:
        listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, _PORT))
    listener.listen(64)
    listener.settimeout(30)

    def accepts() -> None:
        for _ in range(times):
            try:
                taken, _ = listener.accept()
            except OSError:
                return
            with taken, contextlib.suppress(OSError):
                taken.settimeout(30)
                serve(taken)

    thread = threading.Thread(target=accepts)
    thread.start()
    for _ in range(times):
        with client:
            sock = socket.socket(family)
        with sock, contextlib.suppress(OSError):
            sock.settimeout(30)
            sock.connect((address, _PORT))
            talk(sock)
    thread.join(60)
    listener.close()


def sends(octets: int) -> Callable[[socket.socket], None]:
    """Send so many octets, close, and read what comes."""

    def run(sock: socket.socket) -> None:
        sock.sendall(random.Random(octets).randbytes(octets))
        sock.shutdown(socket.SHUT_WR)
        drains(sock)

    return run


def drains(sock: socket.socket) -> None:
    """Read to the end."""
    while sock.recv(65536):
        pass


def echoes(sock: socket.socket) -> None:
    """Send back what comes, to its end."""
    while octets := sock.recv(65536):
        sock.sendall(octets)


def aborts(sock: socket.socket) -> None:
    """Send a little and end by a reset."""
    sock.sendall(b"x" * 3000)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
