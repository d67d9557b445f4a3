"""A stream loses an octet each time its numbers go round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.tcb import LARGEST_FIELD, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.4-WRAP"


room: property = vars(Tcb)["rcv_wnd"]


def add(number: int, octets: int) -> int:
    return (number + octets) % seq.MASK


def rcv_wnd(tcb: Tcb) -> int:
    return min(int(room.__get__(tcb)), LARGEST_FIELD)


def plant(patch: Patch) -> None:
    patch(seq, "add", add)
    patch(Tcb, "rcv_wnd", property(rcv_wnd))
