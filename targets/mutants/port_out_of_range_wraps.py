"""A port above 65535 is taken modulo 65536: the client connects to another service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_services
from tcpref.names_services import MAX_PORT, is_decimal

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def port_number(text: str) -> int | None:
    return int(text) & MAX_PORT if is_decimal(text) else None


def plant(patch: Patch) -> None:
    patch(names_services, "port_number", port_number)
