"""A peer whose text was thrown away unread is told that all went well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:SHLD-3"


def abandon(stack: Stack, tcb: Tcb) -> None:
    tcb.app_gone = True
    user.close(stack, tcb)


def plant(patch: Patch) -> None:
    patch(user, "abandon", abandon)
