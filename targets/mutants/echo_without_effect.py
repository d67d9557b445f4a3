"""A transfer goes on as fast as before while the network is congested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.2-HALVE"


def echo_arrives(_tcb: Tcb, _held: Ecn, _ack: int) -> None:
    pass


def plant(patch: Patch) -> None:
    patch(ecn, "echo_arrives", echo_arrives)
