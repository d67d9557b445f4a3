"""A program that can only speak IPv4 is given IPv6 addresses of hosts that have nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_addrinfo
from tcpref.names_addrinfo import fitting

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def whatever_there_is(
    addresses: tuple[bytes, ...], families: frozenset[str], when: str
) -> tuple[bytes, ...]:
    return fitting(addresses, families, when) or addresses


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "fitting", whatever_there_is)
