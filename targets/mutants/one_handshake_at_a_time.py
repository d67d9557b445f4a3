"""One client that does not finish its handshake keeps all others out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.listener import Listener

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-42"


def admits_syn(listener: Listener) -> bool:
    return listener.has_room() and not listener.syn_queue


def plant(patch: Patch) -> None:
    patch(Listener, "admits_syn", admits_syn)
