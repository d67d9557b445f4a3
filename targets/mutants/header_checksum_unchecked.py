"""A datagram with a damaged header is taken, whatever the damage has made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1122:3.2.1.2-IPCSUM"


def holds(_header: bytes) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(ipv4, "header_checksum_holds", holds)
