"""A peer leads a connection off the way that its application has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import source_route
from tcpref.source_route import Route, take

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:MUST-52"


def take_any(tcb: Tcb, route: Route) -> None:
    choices = tcb.ip
    if choices is not None and choices.route is not None:
        tcb.ip = choices._replace(route=choices.route._replace(chosen=False))
    take(tcb, route)


def plant(patch: Patch) -> None:
    patch(source_route, "take", take_any)
