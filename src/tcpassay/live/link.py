"""A TUN device in a network namespace that somebody has made and named (ip-netns(8))."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tcpassay.targets.namespace import rtnetlink, tun
from tcpassay.targets.namespace.named import NAMED, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Addresses

__all__ = ["NAMED", "open_link"]


@contextmanager
def open_link(netns: str, device: str, addresses: Addresses, ip: IpVersion) -> Iterator[int]:
    """The non-blocking descriptor of the TUN `device`, which is up, in the namespace `netns`.

    The kernel's side has `addresses.peer`; datagrams for the rest of its network come out of the
    descriptor. The device is gone when the block is left, and nothing else has been changed.
    Raises ConfigurationError for a name that is wrong, that is not there or that means the
    host's own namespace; TargetUnavailableError for what is refused.
    """
    tun.check_name(device)
    with inside(netns):
        fd = tun.open_named(device, netns)
        try:
            _bring_up(socket.if_nametoindex(device), addresses, ip)
        except BaseException:
            os.close(fd)
            raise
    try:
        yield fd
    finally:
        os.close(fd)


def _bring_up(index: int, addresses: Addresses, ip: IpVersion) -> None:
    """Give the kernel's side its address."""
    messages = [
        rtnetlink.add_address(index, addresses.peer, addresses.prefix),
        rtnetlink.link_up(index),
    ]
    if ip == 6:
        messages.insert(0, rtnetlink.no_link_local_address(index))
    rtnetlink.send(b"".join(messages), f"the address {addresses.peer}/{addresses.prefix}")
    if ip == 6:
        rtnetlink.await_ipv6([addresses.peer])
