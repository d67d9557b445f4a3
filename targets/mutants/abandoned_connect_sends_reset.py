"""A connect() that is given up disturbs whoever has been asked: a reset for no connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.5-ABORT-SYNSENT"


def plant(patch: Patch) -> None:
    patch(user, "RESETTABLE", user.RESETTABLE | {State.SYN_SENT})
