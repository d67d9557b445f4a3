"""A server whose queue was full once never takes another client."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "DOC-12"


complete = Listener.complete


def plant(patch: Patch) -> None:
    def for_good(listener: Listener, tcb: Tcb) -> None:
        complete(listener, tcb)
        if not listener.admits_connection():
            listener.settings = replace(listener.settings, syn_queue=0)

    patch(Listener, "complete", for_good)
