"""A cookie that leaked once opens connections early for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies
from tcpref.fastopen_cookies import make

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.1.2-EXPIRE"


def made_once(secret: bytes, client: bytes, _period: int) -> bytes:
    return make(secret, client, 0)


def plant(patch: Patch) -> None:
    patch(fastopen_cookies, "make", made_once)
