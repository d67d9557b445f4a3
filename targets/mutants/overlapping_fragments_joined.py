"""Whoever can slip a fragment between others changes what a firewall has let through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fragments import Partial

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import Piece

REQUIREMENT = "RFC8200:4.5-OVERLAP"


def plant(patch: Patch) -> None:
    place = Partial.place

    def keep_the_first(partial: Partial, piece: Piece) -> bool:
        overlaps = any(
            piece.start < other.end and other.start < piece.end for other in partial.pieces
        )
        return overlaps or place(partial, piece)

    patch(Partial, "place", keep_the_first)
