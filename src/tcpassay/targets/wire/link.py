"""The tester as a host of its own on somebody's link: an address and a MAC that no kernel has.

Frames are sent and read by a packet socket (packet(7)). The namespace's kernel sees them too and
drops what is not for its own addresses, without an answer: so it never resets a connection of the
tester's. Nothing is changed in the namespace: the device is promiscuous while the socket is open.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import select
import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError
from tcpassay.targets.namespace.named import inside
from tcpassay.targets.wire import frames, offload
from tcpassay.targets.wire.route import find_route
from tcpassay.wire.checksum import octets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    #: Hears a datagram that came for the tester: its moment (CLOCK_MONOTONIC), and the octets.
    Hearer = Callable[[int, bytes], None]

_ETH_P_ALL = 3
_OUTGOING = 4
_SOL_PACKET, _ADD_MEMBERSHIP, _VNET_HDR, _PROMISCUOUS = 263, 1, 15, 1
_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("ll")
_NS_PER_S = 1_000_000_000
_ROOM = 65_536 + 256
#: How long a host may take to say that it has an address, seconds, and how often it is asked.
_CLAIM_S: Final = 0.25
_RESOLVE_S: Final = 1.0
_ASKED: Final = 3
#: Addresses tried, from the end of the network downwards, until one is free.
_TRIED: Final = 16


class WireLink:
    """Datagrams to and from the target `address`, as the host `own`; read by a thread.

    `own` may be given; else it is the last address of the link's network that nobody answers
    for. Making it raises ConfigurationError and TargetUnavailableError with what to do about it.
    """

    def __init__(self, netns: str, address: str, own: str | None = None) -> None:
        self._address = address
        with inside(netns):
            self.route = find_route(address, netns)
            self._socket = _open_socket(self.route.device.number)
        self.mac = b"\x02" + os.urandom(5)
        self._hearer: Hearer | None = None
        self._told: dict[str, bytes] = {}
        self._news = threading.Condition()
        self._next_hop = b""
        self._closing = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.own = own or ""
        self._thread = threading.Thread(target=self._serve, name="tcpassay-wire", daemon=True)
        self._thread.start()
        try:
            self.own = self._checked(own) if own else self._free_address(netns)
            if self.route.device.has_frames:
                self._next_hop = self._resolve(netns)
        except BaseException:
            self.close()
            raise

    def hear(self, hearer: Hearer) -> None:
        """From now on tell `hearer` of what comes, in the reader's thread."""
        self._hearer = hearer

    def send(self, datagram: bytes) -> None:
        """Put a datagram on the wire as it is. Raises OSError where the device refuses it."""
        if self.route.device.has_frames:
            kind = frames.kind_of(datagram)
            datagram = frames.ethernet(self._next_hop, self.mac, kind, datagram)
        self._socket.send(offload.WHOLE + datagram)

    def close(self) -> None:
        """End the reader and leave the link; may be called twice."""
        if self._closing:
            return
        self._closing = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        self._socket.close()
        os.close(self._bell)

    # -- neighbours ------------------------------------------------------------------------------

    def _checked(self, own: str) -> str:
        """An address that was given: nobody may have it."""
        mine = {str(network.ip) for network in self.route.networks}
        if own == self._address or own in mine or self._claimed([own]):
            raise ConfigurationError(
                f"--peer {own}: a host on the link has this address; name one that is free"
            )
        return own

    def _free_address(self, netns: str) -> str:
        taken = {str(network.ip) for network in self.route.networks}
        taken |= {self._address, self.route.next_hop}
        for interface in self.route.networks:
            candidates = [c for c in last_hosts(interface.network) if c not in taken]
            claimed = self._claimed(candidates)
            for candidate in candidates:
                if candidate not in claimed:
                    return candidate
        known = ", ".join(str(network) for network in self.route.networks) or "none"
        raise ConfigurationError(
            f"--netns {netns!r}: no address is free for the tester on "
            f"{self.route.device.name} (its networks: {known}); name one with --peer ADDRESS, "
            "to which the target has a route over this link"
        )

    def _claimed(self, addresses: list[str]) -> set[str]:
        """Which of these somebody on the link answers for; bare links have nobody to ask."""
        if not self.route.device.has_frames:
            return set()
        for address in addresses:
            self._ask(address, None)
        self._await(lambda: False, _CLAIM_S)
        return {address for address in addresses if address in self._told}

    def _resolve(self, netns: str) -> bytes:
        hop = self.route.next_hop
        for _ in range(_ASKED):
            self._ask(hop, self.own)
            if self._await(lambda: hop in self._told, _RESOLVE_S):
                return self._told[hop]
        what = "target" if hop == self._address else "gateway"
        protocol = "ARP" if "." in hop else "neighbour discovery"
        raise TargetUnavailableError(
            f"--wire-only {self._address}: the {what} {hop} does not answer {protocol} on "
            f"{self.route.device.name} of namespace {netns!r}: is it up, and on this link?"
        )

    def _ask(self, address: str, own: str | None) -> None:
        with suppress(OSError):
            self._socket.send(offload.WHOLE + frames.who_has(address, self.mac, own))

    def _await(self, done: Callable[[], bool], within_s: float) -> bool:
        with self._news:
            return self._news.wait_for(done, within_s)

    # -- reading ---------------------------------------------------------------------------------

    def _serve(self) -> None:
        ready = select.poll()
        ready.register(self._socket, select.POLLIN)
        ready.register(self._bell, select.POLLIN)
        while not self._closing:
            ready.poll()
            self._read()

    def _read(self) -> None:
        while not self._closing:
            try:
                octets, extra, _, source = self._socket.recvmsg(_ROOM, 64)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                return
            if source[2] == _OUTGOING or len(octets) <= offload.HEADER:
                continue
            self._take(octets, _moment(extra))

    def _take(self, octets: bytes, t_ns: int) -> None:
        has_frames = self.route.device.has_frames
        if has_frames and self._neighbour(octets[offload.HEADER :]):
            return
        hearer = self._hearer
        if hearer is None or not self.own:
            return
        link_header = frames.HEADER if has_frames else 0
        if _destination(octets[offload.HEADER + link_header :]) != octets_of(self.own):
            return
        for datagram in offload.as_on_the_wire(octets, link_header):
            hearer(t_ns, datagram)

    def _neighbour(self, frame: bytes) -> bool:
        """Whether a frame is about neighbours; a question for the tester's address is answered."""
        said = frames.heard(frame)
        match said:
            case frames.Asked(address, _, _) if address == self.own:
                with suppress(OSError):
                    self._socket.send(offload.WHOLE + frames.here_is(said, self.mac))
            case frames.Told(address, mac):
                with self._news:
                    self._told[address] = mac
                    self._news.notify_all()
        return said is not None


def _open_socket(index: int) -> socket.socket:
    try:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    except OSError as error:
        raise TargetUnavailableError(
            f"a packet socket was refused ({error.strerror}): it needs CAP_NET_RAW in the "
            "namespace; run as root"
        ) from None
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        made.setsockopt(_SOL_PACKET, _VNET_HDR, 1)
        member = struct.pack("=iHH8s", index, _PROMISCUOUS, 0, b"")
        made.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
        made.bind((_name_of(index), _ETH_P_ALL))
    except OSError as error:
        made.close()
        raise TargetUnavailableError(
            f"the device cannot be read ({error.strerror}): wire-only mode needs packet sockets "
            "(CONFIG_PACKET) and a device that is up"
        ) from None
    return made


def _name_of(index: int) -> str:
    return socket.if_indextoname(index)


def _moment(extra: list[tuple[int, int, bytes]]) -> int:
    """The kernel's stamp as a moment of CLOCK_MONOTONIC, nanoseconds; now where it gave none."""
    now = time.monotonic_ns()
    for _, kind, stamp in extra:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(stamp[: _TIMESPEC.size])
            ahead = time.clock_gettime_ns(time.CLOCK_REALTIME) - now
            return min(now, int(seconds) * _NS_PER_S + int(nanoseconds) - ahead)
    return now


def _destination(datagram: bytes) -> bytes:
    if datagram[:1] and datagram[0] >> 4 == 4:
        return datagram[16:20]
    return datagram[24:40]


def last_hosts(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> list[str]:
    """Addresses from the end of a network downwards, without the last, which may be all hosts."""
    last = int(network.broadcast_address) - (1 if network.num_addresses > 2 else 0)
    first = int(network.network_address) + (1 if network.num_addresses > 2 else 0)
    make = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
    return [str(make(n)) for n in range(last, max(first, last - _TRIED + 1) - 1, -1)]
