"""A client that names no host is sent to an address that no host has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_address, names_addrinfo
from tcpref.names_addrinfo import Found

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hints import Hints

REQUIREMENT = "DOC-46"


def unnamed(_hints: Hints) -> Found:
    return Found((names_address.ANY6, names_address.ANY4))


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "unnamed", unnamed)
