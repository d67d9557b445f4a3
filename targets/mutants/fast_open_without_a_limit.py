"""SYNs with a cookie may fill the memory: however many opens are pending, one more is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fastopen_cookies import FastOpenQueue

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.2.2-LIMIT"


def admits(_queue: FastOpenQueue, _now: int) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(FastOpenQueue, "admits", admits)
