"""A target as a host on a network: its stack in real time on a link of a named namespace."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError
from tcpassay.live.driver import Driver
from tcpassay.live.link import open_link
from tcpassay.live.stopping import StopSignals
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.targets.wrappers.impair import Impair

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import IpVersion, Stack, Target
    from tcpassay.targets.manifest import Addresses
    from tcpassay.targets.wrappers.impairment import Impairment


class Place(NamedTuple):
    """Where a stack is to live, and how bad its link is to be."""

    netns: str
    tun: str
    ip: IpVersion
    impairment: Impairment | None = None


class Host(NamedTuple):
    """A running stack: what runs programs on it, and where it lives."""

    driver: Driver
    addresses: Addresses


@contextmanager
def running(name: str, place: Place) -> Iterator[Host]:
    """The target `name` at `place` until the block is left; then its peers are told and all is
    taken down. A signal that stopped the driver is raised at the end.

    Raises ConfigurationError and TargetUnavailableError before anything runs.
    """
    target = open_target(name)
    addresses = _addresses(target, place.ip)
    try:
        with (
            StopSignals() as stop,
            open_link(place.netns, place.tun, addresses, place.ip) as link,
        ):
            stack = _start(target, place)
            driver = Driver(stack, link, stop)
            try:
                yield Host(driver, addresses)
            finally:
                driver.close()
                stack.close()
    finally:
        target.close()


def _addresses(target: Target, ip: IpVersion) -> Addresses:
    manifest = target.manifest
    if manifest.kind != "in-process":
        raise ConfigurationError(
            f"target {manifest.name!r} is of kind {manifest.kind}: only an in-process stack, such "
            "as reference, can be put on a TUN"
        )
    addresses = manifest.ipv4 if ip == 4 else manifest.ipv6
    if addresses is None:
        raise ConfigurationError(
            f"target {manifest.name!r} has no [addresses.ipv{ip}]: it does not speak IPv{ip}"
        )
    return addresses


def _start(target: Target, place: Place) -> Stack:
    """A fresh stack, with numbers and ports that no earlier one had."""
    seed = secrets.randbits(64)
    stack = target.start(StackOptions(seed=seed, ip=place.ip))
    return stack if place.impairment is None else Impair(stack, place.impairment, seed)
