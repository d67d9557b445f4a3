"""A server behind a firewall that drops SYNs with text is slow to reach each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fastopen_cache import CookieCache

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Key

REQUIREMENT = "RFC7413:4.1.3.1-NEGATIVE"


def avoids(_cache: CookieCache, _key: Key, _now: int) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(CookieCache, "avoids", avoids)
