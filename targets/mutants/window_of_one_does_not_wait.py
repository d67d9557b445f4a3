"""With the least window a transfer goes on into the congestion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ecn import Ecn
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC3168:6.1.2-RTX-TIMER"


echo_arrives = ecn.echo_arrives


def echo_arrives_to_no_pause(tcb: Tcb, held: Ecn, ack: int) -> None:
    echo_arrives(tcb, held, ack)
    held.held = False


def plant(patch: Patch) -> None:
    patch(ecn, "echo_arrives", echo_arrives_to_no_pause)
