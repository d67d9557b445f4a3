"""A segment that was overtaken on the way opens a window that is closed, and text is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.states import steps
from tcpref.states.steps import set_send_window

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-WND-OLD-SEG"


def plant(patch: Patch) -> None:
    patch(steps, "update_send_window", set_send_window)
