"""The urgent octet comes twice: by MSG_OOB, and among the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import urgent
from tcpref.urgent import take_octet

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "POSIX:OOB-READ"


def look_only(tcb: Tcb, *, peek: bool) -> bytes:
    octet = take_octet(tcb, peek=True)
    if not peek and tcb.mark is not None:
        tcb.mark.taken = True
    return octet


def plant(patch: Patch) -> None:
    patch(urgent, "take_octet", look_only)
