"""A program cannot raise the priority of a connection that it has open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_choices
from tcpref.ip_choices import NO_CHOICES, IpChoices, choose
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-21"


def choose_once(tcb: Tcb, choices: IpChoices) -> None:
    if tcb.state is not State.CLOSED:
        old = tcb.ip or NO_CHOICES
        choices = choices._replace(tos=old.tos, traffic_class=old.traffic_class)
    choose(tcb, choices)


def plant(patch: Patch) -> None:
    patch(ip_choices, "choose", choose_once)
