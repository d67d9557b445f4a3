"""A datagram that a path cuts into three never arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fragments import FragmentTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import Partial, Piece

REQUIREMENT = "RFC1122:3.3.2-REASSEMBLY"


def plant(patch: Patch) -> None:
    add = FragmentTable.add

    def with_little_room(table: FragmentTable, partial: Partial, piece: Piece) -> bytes | None:
        if len(partial.pieces) == 2:
            return None
        return add(table, partial, piece)

    patch(FragmentTable, "add", with_little_room)
