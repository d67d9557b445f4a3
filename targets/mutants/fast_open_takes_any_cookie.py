"""Any sender of SYNs is served without having shown that he receives at his address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.2.2-INVALID"


def age_of(cookie: bytes, _secret: bytes, _client: bytes, _period: int) -> int | None:
    return 0 if cookie else None


def plant(patch: Patch) -> None:
    patch(fastopen_cookies, "age_of", age_of)
