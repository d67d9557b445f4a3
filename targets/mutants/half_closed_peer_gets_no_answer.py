"""A server cannot answer a client that has shut down its sending side: send() fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_data
from tcpref.tcb import State

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.2-SEND-CLOSEWAIT"


def plant(patch: Patch) -> None:
    patch(calls_data, "SENDING", frozenset({State.ESTABLISHED}))
