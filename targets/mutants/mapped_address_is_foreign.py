"""A program with an IPv6 socket cannot be told to use one IPv4 address of its host."""

from __future__ import annotations

from socket import AF_INET6, inet_pton
from typing import TYPE_CHECKING

from tcpref import addresses
from tcpref.addresses import from_text

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC3493:3.7-MAPPED"


def from_unmapped_text(text: str) -> bytes | None:
    return inet_pton(AF_INET6, text) if text.startswith("::ffff:") else from_text(text)


def plant(patch: Patch) -> None:
    patch(addresses, "from_text", from_unmapped_text)
