"""A program that asks for another protocol is given TCP, and its peer understands nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import refuse_socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:SOCKET-EPROTONOSUPPORT"


def any_protocol(family: str, flags: frozenset[str], _protocol: int) -> None:
    refuse_socket(family, flags, 0)


def plant(patch: Patch) -> None:
    patch(calls_naming, "refuse_socket", any_protocol)
