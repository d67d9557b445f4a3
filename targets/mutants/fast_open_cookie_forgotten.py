"""A client asks for a cookie each time, and never gains the round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fastopen_cache import CookieCache

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC7413:4.1.3-CACHE"


def learn(_cache: CookieCache, _key: Key, _cookie: bytes, _mss: int | None) -> None:
    return


def plant(patch: Patch) -> None:
    patch(CookieCache, "learn", learn)
