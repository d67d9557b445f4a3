"""A name that is not spelt out leads to whatever host begins like it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_hosts import Hosts

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
exact = Hosts.named


def named(hosts: Hosts, name: str) -> tuple[HostLine, ...]:
    names = (known for known in hosts._by_name if known.startswith(name.lower()))
    return exact(hosts, next(names, name))


def plant(patch: Patch) -> None:
    patch(Hosts, "named", named)
