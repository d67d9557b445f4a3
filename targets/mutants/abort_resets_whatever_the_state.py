"""An application that ends a connection both sides have closed resets it for the peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.5-ABORT-LATE"


RESETTABLE = frozenset(State)


def plant(patch: Patch) -> None:
    patch(user, "RESETTABLE", RESETTABLE)
