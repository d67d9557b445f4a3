"""The resets of spoofed hosts make room for the next SYNs of who spoofs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fastopen_cookies import FastOpenQueue

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:5.1-RESET-COUNTS"


def leave(queue: FastOpenQueue, _now: int, *, reset: bool) -> None:  # noqa: ARG001 - the fault
    queue.pending -= 1


def plant(patch: Patch) -> None:
    patch(FastOpenQueue, "leave", leave)
