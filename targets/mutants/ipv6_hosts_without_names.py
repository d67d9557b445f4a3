"""Clients that come over IPv6 stand in the log by their numbers, although their names are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_hosts import Hosts

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
at = Hosts.at


def of_ipv4(hosts: Hosts, address: bytes) -> HostLine | None:
    return at(hosts, address) if len(address) == 4 else None


def plant(patch: Patch) -> None:
    patch(Hosts, "at", of_ipv4)
