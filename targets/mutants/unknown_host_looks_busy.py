"""A program asks for a host that does not exist again and again, as it is told to try later."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tcpref.names import Resolver
from tcpref.names_errors import Unanswered

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"
hosts_named, host_at = Resolver.hosts_named, Resolver.host_at


def found_by_name(resolver: Resolver, name: str) -> tuple[HostLine, ...]:
    return hosts_named(resolver, name) or later()


def found_by_address(resolver: Resolver, address: bytes) -> HostLine:
    return host_at(resolver, address) or later()


def later() -> NoReturn:
    raise Unanswered("TRY_AGAIN", "EAI_AGAIN")


def plant(patch: Patch) -> None:
    patch(Resolver, "hosts_named", found_by_name)
    patch(Resolver, "host_at", found_by_address)
