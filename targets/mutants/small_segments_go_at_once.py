"""Typing over a slow line fills it: each key goes in a segment of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-7"


def at_once(_tcb: Tcb) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(output, "may_send_small", at_once)
