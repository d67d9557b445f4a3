"""The four or five rtnetlink messages that bring a fresh namespace to life, in one send."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.namespace import tun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.targets.contract import IpVersion

_NLMSG = struct.Struct("=IHHII")
_RTM_SETLINK, _RTM_NEWADDR, _RTM_NEWROUTE = 19, 20, 24
_REQUEST, _REPLACE, _CREATE = 1, 0x100, 0x400
_IFLA_AF_SPEC, _IFLA_INET6_ADDR_GEN_MODE = 26, 8
_ADDR_GEN_MODE_NONE = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_IFA_F_NODAD = 0x02
_RTA_DST, _RTA_OIF, _RTA_PREFSRC, _RTA_METRICS = 1, 4, 7, 8
_RTAX_QUICKACK = 15
_IFF_UP = 1
_LOOPBACK_INDEX = 1
_ROUTES_IPV6 = Path("/proc/thread-self/net/ipv6_route")
_ROUTES_WITHIN_S = 2.0
_ROUTES_POLL_S = 0.0002

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def _attribute(kind: int, payload: bytes) -> bytes:
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + bytes(-length % 4)


def _message(kind: int, body: bytes, flags: int = _REQUEST) -> bytes:
    return _NLMSG.pack(_NLMSG.size + len(body), kind, flags, 0, 0) + body


def _family(address: IpAddress) -> int:
    return socket.AF_INET if address.version == 4 else socket.AF_INET6


def link_up(index: int) -> bytes:
    """Bring a device up."""
    return _message(
        _RTM_SETLINK, struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, _IFF_UP, _IFF_UP)
    )


def no_link_local_address(index: int) -> bytes:
    """Keep a device from making an IPv6 address of its own, before it comes up.

    Without one the kernel sends neither router solicitations nor multicast reports.
    """
    mode = _attribute(_IFLA_INET6_ADDR_GEN_MODE, bytes([_ADDR_GEN_MODE_NONE]))
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, index, 0, 0)
    return _message(
        _RTM_SETLINK, body + _attribute(_IFLA_AF_SPEC, _attribute(socket.AF_INET6, mode))
    )


def add_address(index: int, address: str, prefix: int) -> bytes:
    """Give a device an address, without duplicate address detection (RFC 4862, 5.4)."""
    ip = ipaddress.ip_address(address)
    flags = _IFA_F_NODAD if ip.version == 6 else 0
    body = struct.pack("=BBBBI", _family(ip), prefix, flags, 0, index)
    body += _attribute(_IFA_LOCAL, ip.packed) + _attribute(_IFA_ADDRESS, ip.packed)
    return _message(_RTM_NEWADDR, body, _REQUEST | _REPLACE | _CREATE)


def route_with_quick_ack(index: int, address: str, prefix: int) -> bytes:
    """Replace the connected route by one on which every segment is acknowledged at once."""
    ip = ipaddress.ip_address(address)
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False).network_address
    table, protocol, unicast = 254, 2, 1
    scope = 253 if ip.version == 4 else 0
    body = struct.pack("=BBBBBBBBI", _family(ip), prefix, 0, 0, table, protocol, scope, unicast, 0)
    body += _attribute(_RTA_DST, network.packed)
    body += _attribute(_RTA_OIF, struct.pack("=I", index))
    if ip.version == 4:
        body += _attribute(_RTA_PREFSRC, ip.packed)
    body += _attribute(_RTA_METRICS, _attribute(_RTAX_QUICKACK, struct.pack("=I", 1)))
    return _message(_RTM_NEWROUTE, body, _REQUEST | _REPLACE | _CREATE)


def bring_up(addresses: Iterable[tuple[str, int]], ip: IpVersion) -> bytes:
    """Addresses (host, prefix length) on the TUN, then the TUN and the loopback device up."""
    messages = [add_address(tun.INDEX, host, prefix) for host, prefix in addresses]
    if ip == 6:
        messages.insert(0, no_link_local_address(tun.INDEX))
    messages.append(link_up(tun.INDEX))
    messages.append(link_up(_LOOPBACK_INDEX))
    return b"".join(messages)


def add_addresses(hosts: Sequence[str], network: str) -> None:
    """Give the calling thread's network namespace further addresses of one IP version.

    Those of the link, whose `network` is given, and link-local ones stand on the TUN, others on the
    loopback device, which is another interface. Raises TargetUnavailableError.
    """
    link = ipaddress.ip_network(network, strict=False)
    messages = b""
    for host in hosts:
        ip = ipaddress.ip_address(host)
        index = tun.INDEX if ip in link or ip.is_link_local else _LOOPBACK_INDEX
        messages += add_address(index, host, link.prefixlen)
    send(messages, "further addresses")
    if ":" in hosts[0]:
        await_ipv6(hosts)


def send(messages: bytes, what: str) -> None:
    """Have the kernel carry out `messages` in the calling thread's network namespace.

    The kernel works on them inside send() and answers errors only. Raises
    TargetUnavailableError with `what` was wanted.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(messages)
        try:
            answer = netlink.recv(4096, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
    (code,) = struct.unpack_from("=i", answer, _NLMSG.size)
    msg = f"linux: the kernel refused {what}: {os.strerror(-code)}"
    raise TargetUnavailableError(msg)


def await_ipv6(hosts: Iterable[str]) -> None:
    """Wait until the calling thread's network namespace takes segments for all of `hosts`.

    A work queue of the kernel's puts IPv6 addresses into effect after the answer to the message
    that added them: most often within 0.1 ms, on a busy machine later, and until then what comes
    for them is dropped. Raises TargetUnavailableError when they are not there within 2 s.
    """
    missing = {ipaddress.ip_address(host).packed.hex() + " 80" for host in hosts}
    deadline = time.monotonic() + _ROUTES_WITHIN_S
    while not missing <= {line[:35] for line in _ROUTES_IPV6.read_text().splitlines()}:
        if time.monotonic() > deadline:
            msg = f"linux: the IPv6 addresses did not come up within {_ROUTES_WITHIN_S:g} s"
            raise TargetUnavailableError(msg)
        time.sleep(_ROUTES_POLL_S)
