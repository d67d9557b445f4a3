"""A program that takes gethostbyname()'s addresses for IPv4 ones connects to nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_names
from tcpref.calls_names import named

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.names_hosts import HostLine

REQUIREMENT = "DOC-44"


def cut_to_four(kernel: Kernel, name: str) -> tuple[HostLine, ...]:
    return tuple(line._replace(address=line.address[:4]) for line in named(kernel, name))


def plant(patch: Patch) -> None:
    patch(calls_names, "named", cut_to_four)
