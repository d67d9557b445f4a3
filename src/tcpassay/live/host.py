"""A target as a host on a network: its stack in real time on a link of a named namespace."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import ConfigurationError
from tcpassay.live.capture import capture_file
from tcpassay.live.driver import Driver
from tcpassay.live.link import open_link
from tcpassay.live.stopping import StopSignals
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tcpassay.targets.wrappers.capture import Capture
from tcpassay.targets.wrappers.impair import Impair

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tcpassay.targets.contract import IpVersion, Stack, Target
    from tcpassay.targets.manifest import Addresses
    from tcpassay.targets.wrappers.capture import Sink
    from tcpassay.targets.wrappers.impairment import Impairment


class Place(NamedTuple):
    """Where a stack is to live, how bad its link is to be, where to write what crosses it, and
    settings of the stack's own in place of the manifest's.
    """

    netns: str
    tun: str
    ip: IpVersion
    impairment: Impairment | None = None
    capture: Path | None = None
    settings: Mapping[str, object] = {}


class Host(NamedTuple):
    """A running stack: what runs programs on it, where it lives, and its link if that is bad."""

    driver: Driver
    addresses: Addresses
    link: Impair | None

    def fates(self) -> str | None:
        """What a bad link has done to datagrams so far, in one line; None for a good one."""
        if self.link is None:
            return None
        inwards, outwards, seed = self.link.inwards, self.link.outwards, self.link.seed
        return f"link: datagrams to the stack {inwards}, from it {outwards}; seed {seed}"


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
            open_link(place.netns, place.tun, addresses, place.ip) as descriptor,
            _sink(target, place) as sink,
        ):
            seed = secrets.randbits(64)  # Numbers and ports that no earlier stack had.
            options = StackOptions(seed=seed, ip=place.ip, overrides=place.settings)
            stack: Stack = target.start(options)
            link = None if place.impairment is None else Impair(stack, place.impairment, seed)
            stack = link or stack
            driver = Driver(stack if sink is None else Capture(stack, sink), descriptor, stop)
            try:
                yield Host(driver, addresses, link)
            finally:
                driver.close()
                stack.close()
    finally:
        target.close()


def _sink(target: Target, place: Place) -> AbstractContextManager[Sink | None]:
    """Where datagrams are shown as they are on the TUN device, which is behind a bad link."""
    if place.capture is None:
        return nullcontext()
    comment = f"{target.manifest.name} on {place.tun} of namespace {place.netns}"
    return capture_file(place.capture, place.tun, comment)


def _addresses(target: Target, ip: IpVersion) -> Addresses:
    manifest = target.manifest
    if manifest.kind != "in-process":
        raise ConfigurationError(
            f"target {manifest.name!r} is of kind {manifest.kind}: only an in-process stack, such "
            "as reference, can be put on a TUN"
        )
    return manifest.needed_addresses(ip)
