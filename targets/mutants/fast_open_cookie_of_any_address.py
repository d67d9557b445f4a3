"""One host's cookie lets every other host, and whoever forges its address, open early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies
from tcpref.fastopen_cookies import make

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.1.2-ADDRESS"


def made_for_anybody(secret: bytes, _client: bytes, period: int) -> bytes:
    return make(secret, b"", period)


def plant(patch: Patch) -> None:
    patch(fastopen_cookies, "make", made_for_anybody)
