"""A receiver that waits for a push does not show its user the end of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-61"


def plant(patch: Patch) -> None:
    patch(output, "PSH", 0)
