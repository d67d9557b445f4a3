"""close() loses what does not fit into the peer's window at that moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC9293:3.9.1.4-CLOSE-FLUSH"


def fin_may_go(tcb: Tcb) -> bool:
    return tcb.fin_pending


def plant(patch: Patch) -> None:
    patch(output, "fin_may_go", fin_may_go)
