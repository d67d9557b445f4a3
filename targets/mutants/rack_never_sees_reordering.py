"""A path that reorders by four segments halves the window for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack, Sent

REQUIREMENT = "RFC8985:6.2-REORDERED"


def note_order(_times: Rack, _sent: Sent, _highest: int) -> None:
    return


def plant(patch: Patch) -> None:
    patch(rack, "note_order", note_order)
