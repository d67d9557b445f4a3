"""A peer whose FIN's acknowledgement was lost stays in LAST-ACK until it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.disposition import Disposition
from tcpref.states import time_wait
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.7.4-ACK-TW-FIN"


def plant(patch: Patch) -> None:
    patch(time_wait, "RESTART", Disposition(enter=State.TIME_WAIT))
