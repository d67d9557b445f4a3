"""The name of a host is looked up under its address read backwards, so most hosts have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_hosts import Hosts

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
at = Hosts.at


def backwards(hosts: Hosts, address: bytes) -> HostLine | None:
    return at(hosts, address[::-1] if len(address) == 4 else address)


def plant(patch: Patch) -> None:
    patch(Hosts, "at", backwards)
