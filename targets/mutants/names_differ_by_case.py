"""A host that is written with a capital letter is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_hosts import Hosts

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
named_in_any_case = Hosts.named


def named(hosts: Hosts, name: str) -> tuple[HostLine, ...]:
    return named_in_any_case(hosts, name) if name == name.lower() else ()


def plant(patch: Patch) -> None:
    patch(Hosts, "named", named)
