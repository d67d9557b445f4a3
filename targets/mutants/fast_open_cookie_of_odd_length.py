"""Clients throw away the cookie they get, and ask for one each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies
from tcpref.fastopen_cookies import make

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.1.1-FORMAT"


def shortened(secret: bytes, client: bytes, period: int) -> bytes:
    return make(secret, client, period)[:7]


def plant(patch: Patch) -> None:
    patch(fastopen_cookies, "make", shortened)
