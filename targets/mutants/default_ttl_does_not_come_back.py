"""A program that takes its limit of routers back stays within it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_choices
from tcpref.ip_choices import NO_CHOICES, IpChoices

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-49"


def choose(tcb: Tcb, choices: IpChoices) -> None:
    if choices != NO_CHOICES:
        tcb.ip = choices


def plant(patch: Patch) -> None:
    patch(ip_choices, "choose", choose)
