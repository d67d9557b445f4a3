"""Which device of a namespace leads to an address: three questions to rtnetlink(7)."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError, TargetUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR, _DONE = 2, 3
_GETLINK, _GETADDR, _GETROUTE = 18, 22, 26
_REQUEST, _DUMP = 1, 0x300
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU = 1, 3, 4
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTN_UNICAST, _RTN_LOCAL = 1, 2
_IFF_UP, _IFF_RUNNING = 0x1, 0x40
ETHERNET = 1

_Attributes = dict[int, bytes]


class Device(NamedTuple):
    """A device of the namespace. `kind` is its ARPHRD number (if_arp.h), `mac` its own."""

    number: int
    name: str
    kind: int
    mac: bytes
    mtu: int
    up: bool

    @property
    def has_frames(self) -> bool:
        """Whether datagrams travel in Ethernet frames; on other devices (TUN) they are bare."""
        return self.kind == ETHERNET


class Route(NamedTuple):
    """The way to a target: the device, who takes the datagrams there, and what is on its link.

    `networks` are the kernel's own addresses on the device, each with its network.
    """

    device: Device
    next_hop: str
    networks: tuple[ipaddress.IPv4Interface | ipaddress.IPv6Interface, ...]

    @property
    def networks_prefix(self) -> int:
        """The prefix length of the link's first network; 0 where the kernel has none there."""
        return self.networks[0].network.prefixlen if self.networks else 0


def find_route(address: str, netns: str) -> Route:
    """How the calling thread's namespace, called `netns`, reaches `address`.

    Raises ConfigurationError where it is the namespace's own address, TargetUnavailableError
    where there is no way, or none that is up.
    """
    target = ipaddress.ip_address(address)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        kind, attributes = _route_to(netlink, target, netns)
        if kind == _RTN_LOCAL:
            raise ConfigurationError(
                f"--wire-only {address}: that is namespace {netns!r} itself, whose segments never "
                "reach a wire; name a namespace that reaches the target over a link"
            )
        if kind != _RTN_UNICAST or _RTA_OIF not in attributes:
            raise TargetUnavailableError(_no_way(address, netns))
        device = _device(netlink, struct.unpack("=I", attributes[_RTA_OIF])[0])
        if not device.up:
            raise TargetUnavailableError(
                f"--wire-only {address}: device {device.name} of namespace {netns!r} is down: "
                f"ip -n {netns} link set {device.name} up, and the other end of it too"
            )
        gateway = attributes.get(_RTA_GATEWAY)
        next_hop = str(ipaddress.ip_address(gateway)) if gateway else str(target)
        return Route(device, next_hop, tuple(_networks(netlink, device.number, target.version)))


def _no_way(address: str, netns: str) -> str:
    return (
        f"--wire-only {address}: namespace {netns!r} has no route to it; "
        f"`ip -n {netns} route get {address}` has to name a device"
    )


def _family(version: int) -> int:
    return socket.AF_INET if version == 4 else socket.AF_INET6


def _route_to(netlink: socket.socket, target: IpAddress, netns: str) -> tuple[int, _Attributes]:
    packed = target.packed
    bits = len(packed) * 8
    body = struct.pack("=BBBBBBBBI", _family(target.version), bits, 0, 0, 0, 0, 0, 0, 0)
    body += _ATTRIBUTE.pack(4 + len(packed), _RTA_DST) + packed
    try:
        answer = next(_ask(netlink, _GETROUTE, body, _REQUEST))
    except OSError:
        raise TargetUnavailableError(_no_way(str(target), netns)) from None
    return answer[7], _attributes(answer[12:])


def _device(netlink: socket.socket, index: int) -> Device:
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, 0, 0)
    answer = next(_ask(netlink, _GETLINK, body, _REQUEST))
    _, kind, _, flags, _ = struct.unpack_from("=BxHiII", answer)
    found = _attributes(answer[16:])
    up = flags & (_IFF_UP | _IFF_RUNNING) == _IFF_UP | _IFF_RUNNING
    name = found[_IFLA_IFNAME].rstrip(b"\0").decode()
    mtu = struct.unpack("=I", found[_IFLA_MTU])[0]
    return Device(index, name, kind, found.get(_IFLA_ADDRESS, b""), mtu, up)


def _networks(
    netlink: socket.socket, index: int, version: int
) -> Iterator[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    body = struct.pack("=BBBBI", _family(version), 0, 0, 0, 0)
    for answer in list(_ask(netlink, _GETADDR, body, _REQUEST | _DUMP)):
        _, prefix, _, _, at = struct.unpack_from("=BBBBI", answer)
        found = _attributes(answer[8:])
        octets = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS)
        if at != index or octets is None:
            continue
        own = ipaddress.ip_address(octets)
        if not own.is_link_local or version == 4:
            yield ipaddress.ip_interface(f"{own}/{prefix}")


def _ask(netlink: socket.socket, kind: int, body: bytes, flags: int) -> Iterator[bytes]:
    """The bodies of the answers; raises OSError for a refusal."""
    netlink.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 0, 0) + body)
    while True:
        octets = netlink.recv(65536)
        while octets:
            length, answer, _, _, _ = _HEADER.unpack_from(octets)
            payload = octets[_HEADER.size : length]
            if answer == _DONE:
                return
            if answer == _ERROR:
                (code,) = struct.unpack_from("=i", payload)
                raise OSError(-code, os.strerror(-code))
            yield payload
            octets = octets[(length + 3) & ~3 :]
        if not flags & _DUMP:
            return


def _attributes(octets: bytes) -> _Attributes:
    found: _Attributes = {}
    while len(octets) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(octets)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = octets[_ATTRIBUTE.size : length]
        octets = octets[(length + 3) & ~3 :]
    return found
