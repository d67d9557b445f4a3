"""A host is not found under its aliases, only under its official name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_hosts import Hosts

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
whole = Hosts.named


def named(hosts: Hosts, name: str) -> tuple[HostLine, ...]:
    return tuple(line for line in whole(hosts, name) if line.name.lower() == name.lower())


def plant(patch: Patch) -> None:
    patch(Hosts, "named", named)
