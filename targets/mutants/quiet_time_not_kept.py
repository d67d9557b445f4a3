"""After a crash, old segments that are still under way end up in new connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.quiet import QuietTime

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.4.3-QUIET"


def never(_quiet: QuietTime, _now: int) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(QuietTime, "lasts", never)
