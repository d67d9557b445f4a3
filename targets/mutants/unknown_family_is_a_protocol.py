"""A program that tries another family where one is missing gives up: it is told of its protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, calls_naming
from tcpref.calls_naming import refuse_socket
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:SOCKET-EAFNOSUPPORT"


def refuse(family: str, flags: frozenset[str], protocol: int) -> None:
    if family not in addresses.WILDCARDS:
        raise CallError("EPROTONOSUPPORT")
    refuse_socket(family, flags, protocol)


def plant(patch: Patch) -> None:
    patch(calls_naming, "refuse_socket", refuse)
