"""Whoever asks for a cookie may open connections with text at once, from a forged address too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies
from tcpref.fastopen_cookies import age_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.2.1-COOKIE-REQ"


def beginning_with(cookie: bytes, secret: bytes, client: bytes, period: int) -> int | None:
    return age_of(cookie, secret, client, period) if cookie else 0


def plant(patch: Patch) -> None:
    patch(fastopen_cookies, "age_of", beginning_with)
