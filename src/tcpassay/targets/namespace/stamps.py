"""Stamps taken by the kernel when it hands a datagram to the TUN."""

from __future__ import annotations

import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.namespace import constants, tun

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.namespace.netns import NetworkNamespace

_ETH_P_ALL = 3
_PACKET_OUTGOING = 4
_TIMESPEC = struct.Struct("ll")
_NS_PER_S = 1_000_000_000
_KEPT = 1024


class KernelStamps:
    """A packet socket in the namespace that sees what the stack sends, each with its moment.

    The TUN delivers in the same order, so a datagram's stamp is the first unused one whose octets
    are the same. `from_monotonic` turns a moment of CLOCK_MONOTONIC into the stack's clock.
    Making it raises TargetUnavailableError.
    """

    def __init__(
        self, namespace: NetworkNamespace, mtu: int, from_monotonic: Callable[[int], int]
    ) -> None:
        self._from_monotonic = from_monotonic
        self._room = mtu + 64
        self._waiting: deque[tuple[bytes, int]] = deque(maxlen=_KEPT)
        try:
            with namespace:
                self._socket = socket.socket(
                    socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, 0
                )
        except OSError as error:
            msg = f"linux: timing needs AF_PACKET sockets (CONFIG_PACKET): {error.strerror}"
            raise TargetUnavailableError(msg) from None
        self._socket.setsockopt(socket.SOL_SOCKET, constants.number("SO_TIMESTAMPNS"), 1)
        self._socket.bind((tun.NAME, _ETH_P_ALL))

    def of(self, octets: bytes, otherwise: int) -> int:
        """The stack's time at which the kernel sent this datagram; `otherwise` if unknown."""
        self._fill()
        while self._waiting:
            seen, t_ns = self._waiting.popleft()
            if seen == octets:
                return min(t_ns, otherwise)
        return otherwise

    def close(self) -> None:
        """Close the packet socket."""
        self._socket.close()

    def _fill(self) -> None:
        ahead = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.monotonic_ns()
        while True:
            try:
                octets, extra, _, source = self._socket.recvmsg(self._room, 64)
            except BlockingIOError:
                return
            if source[2] != _PACKET_OUTGOING:
                continue
            for _, _, stamp in extra:
                seconds, nanoseconds = _TIMESPEC.unpack(stamp[: _TIMESPEC.size])
                moment = seconds * _NS_PER_S + nanoseconds - ahead
                self._waiting.append((octets, self._from_monotonic(moment)))


def keep_stamping() -> socket.socket:
    """A socket whose being open keeps the kernel's stamping switched on.

    Switching it takes the kernel a moment, in which datagrams get the time of reading instead.
    """
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.setsockopt(socket.SOL_SOCKET, constants.number("SO_TIMESTAMPNS"), 1)
    return holder
