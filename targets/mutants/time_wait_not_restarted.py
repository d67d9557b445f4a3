"""A peer whose FIN is acknowledged late meets a reset in place of a second acknowledgement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import ACKNOWLEDGE
from tcpref.states import time_wait

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-FIN-TW"


def plant(patch: Patch) -> None:
    patch(time_wait, "RESTART", ACKNOWLEDGE)
