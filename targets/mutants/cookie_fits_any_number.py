"""Who has seen one SYN cookie opens as many connections as he likes without an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies
from tcpref.cookies import keyed_hash

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC4987:3.6-COOKIE-FORGED"


def of_addresses(secret: bytes, key: Key, _peer_iss: int, low: int) -> int:
    return keyed_hash(secret, (key[0], 0, key[2], 0), 0, low)


def plant(patch: Patch) -> None:
    patch(cookies, "keyed_hash", of_addresses)
