"""A sender counts one needless repetition many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import sack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC2883:4-ONCE"


def forget_once(_tcb: Tcb) -> None:
    return


def plant(patch: Patch) -> None:
    patch(sack, "forget_once", forget_once)
